import { describe, expect, it } from 'vitest'
import { detectGpus } from './detect-gpus.ts'

/** A machine whose tools print this, by their command line. */
const machine = (tools: Record<string, unknown>) =>
  detectGpus(async (command, args) => {
    const key = Object.keys(tools).find((each) => [command, ...args].join(' ').startsWith(each))
    const said = key === undefined ? '' : tools[key]
    return typeof said === 'string' ? said : JSON.stringify(said)
  })

describe('the GPUs of a machine', () => {
  it('are what the tools of all three vendors report [R145]', async () => {
    const found = await machine({
      'nvidia-smi': '0, Tesla T4, 15360\n1, Tesla T4, 15360\n',
      'rocm-smi': {
        card0: { 'Card series': 'Instinct MI210', 'VRAM Total Memory (B)': '68702699520', 'PCI Bus': '0000:C1:00.0' },
        system: { 'Driver version': '6.0' },
      },
      'xpu-smi discovery --json --device 4': {
        device_name: 'Data Center GPU Flex 140',
        memory_physical_size_byte: '5972684800',
        pci_bdf_address: '0000:4D:00.0',
      },
      'xpu-smi discovery --json': { device_list: [{ device_id: 4 }] },
    })
    expect(found).toEqual([
      { Index: 0, Name: 'Tesla T4', Vendor: 'NVIDIA', Memory: 15360, PCIAddress: '' },
      { Index: 1, Name: 'Tesla T4', Vendor: 'NVIDIA', Memory: 15360, PCIAddress: '' },
      { Index: 0, Name: 'Instinct MI210', Vendor: 'AMD/ATI', Memory: 65520, PCIAddress: '0000:c1:00.0' },
      { Index: 4, Name: 'Data Center GPU Flex 140', Vendor: 'Intel', Memory: 5695, PCIAddress: '0000:4d:00.0' },
    ])
  })

  it('are those that can be read, whatever a tool says and whatever numbers are missing [X20]', async () => {
    expect(await machine({})).toEqual([])
    const sparse = await machine({
      'nvidia-smi': 'No devices were found\n3\n, A100, 1\n7, A100, 40960\n7, A100, 40960',
      'rocm-smi': { card2: { 'Card series': 'MI50' }, card5: null, card9: { 'Card series': '' } },
      'xpu-smi discovery --json': { device_list: [{ device_id: 'x' }, null, { device_id: 1 }] },
    })
    expect(sparse.map(({ Vendor, Index, Memory }) => [Vendor, Index, Memory])).toEqual([
      ['NVIDIA', 7, 40960],
      ['AMD/ATI', 2, 0],
    ])
    const odd = { 'nvidia-smi': '<html>', 'rocm-smi': '[1,', 'xpu-smi': 'null' }
    expect(await machine(odd)).toEqual([])
  })

  it('have numbers that a number can hold, and names that are text; amounts that are none are not known [X20]', async () => {
    const found = await machine({
      'nvidia-smi': '-1, Tesla, 5\n99999999999999999999999, T4, 3\n4, Vast, 99999999999999999999999999\n5, Neg, -5\n',
      'rocm-smi':
        '{"card99999999999999999999999": {"Card Series": "X"}, "card1": {"Card Series": {"a": 1}},' +
        '"card2": {"Card Series": "MI50", "VRAM Total Memory (B)": "1e400", "PCI Bus": {"a": 1}},' +
        '"card3": {"Card Series": "MI60", "VRAM Total Memory (B)": "-5"}}',
      'xpu-smi discovery --json --device 1': { device_name: 'Flex', memory_physical_size_byte: -1048577 },
      'xpu-smi discovery --json': { device_list: [{ device_id: -1 }, { device_id: 0.5 }, { device_id: 1 }] },
    })
    const gpu = (Vendor: string, Index: number, Name: string) => ({ Vendor, Index, Name, Memory: 0, PCIAddress: '' })
    expect(found).toEqual([
      gpu('NVIDIA', 4, 'Vast'),
      gpu('NVIDIA', 5, 'Neg'),
      gpu('AMD/ATI', 2, 'MI50'),
      gpu('AMD/ATI', 3, 'MI60'),
      gpu('Intel', 1, 'Flex'),
    ])
  })

  it('count also when their memory is that of the machine, and names may hold commas [X20]', async () => {
    const found = await machine({ 'nvidia-smi': '0, NVIDIA GB10, [N/A]\n1, Quadro, by PNY, 8192\n' })
    expect(found.map(({ Name, Memory }) => [Name, Memory])).toEqual([
      ['NVIDIA GB10', 0],
      ['Quadro, by PNY', 8192],
    ])
  })

  it('are found behind warnings, and however a release capitalizes its fields [X20]', async () => {
    const card = { 'Card Series': 'MI300X', 'VRAM Total Memory (B)': '206141652992', 'PCI Bus': '0000:05:00.0' }
    const found = await machine({
      'rocm-smi': `\nWARNING: {AMD GPU} is in a low-power state.\n\n${JSON.stringify({ card0: card })}\n`,
    })
    expect(found).toEqual([{ Index: 0, Name: 'MI300X', Vendor: 'AMD/ATI', Memory: 196592, PCIAddress: '0000:05:00.0' }])
  })
})
