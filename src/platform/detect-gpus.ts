import type { Gpu } from '#models/resources.ts'

/** What a tool prints; '' when it is not there or fails. */
export type ToolOutput = (command: string, args: readonly string[]) => Promise<string>

const mebibyte = 1024 * 1024

/** The GPUs that the tools of their vendors report. What a tool says in another form is left out (X20). */
export const detectGpus = async (output: ToolOutput): Promise<Gpu[]> =>
  (await Promise.all([nvidiaGpus(output), amdGpus(output), intelGpus(output)])).flat()

/** Lines like `0, Tesla T4, 15360` (MiB). */
const nvidiaGpus = async (output: ToolOutput): Promise<Gpu[]> => {
  const text = await output('nvidia-smi', ['--query-gpu=index,gpu_name,memory.total', '--format=csv,noheader,nounits'])
  return text.split('\n').flatMap((line) => {
    const [index, name, memory] = line.split(',').map((part) => part.trim())
    if (!index || !name || !/^\d+$/.test(index) || !/^\d+$/.test(memory ?? '')) return []
    return [{ Index: Number(index), Name: name, Vendor: 'NVIDIA', Memory: Number(memory), PCIAddress: '' }]
  })
}

/** One member `card<N>` for each; the numbers may have gaps. */
const amdGpus = async (output: ToolOutput): Promise<Gpu[]> => {
  const args = ['--showproductname', '--showbus', '--showmeminfo', 'vram', '--json']
  const cards = Object.entries(recordOf(await output('rocm-smi', args)))
  return cards.flatMap(([key, value]) => {
    const [, index] = /^card(\d+)$/.exec(key) ?? []
    const card = fieldsOf(value)
    if (index === undefined || !card['Card series']) return []
    return [
      {
        Index: Number(index),
        Name: String(card['Card series']),
        Vendor: 'AMD/ATI',
        Memory: mebibytes(card['VRAM Total Memory (B)']),
        PCIAddress: String(card['PCI Bus'] ?? '').toLowerCase(),
      },
    ]
  })
}

/** A list of numbers first, then each device by its number. */
const intelGpus = async (output: ToolOutput): Promise<Gpu[]> => {
  const { device_list: devices } = recordOf(await output('xpu-smi', ['discovery', '--json']))
  const ids = (Array.isArray(devices) ? devices : []).map((device) => fieldsOf(device)['device_id'])
  const numbers = ids.filter((id) => typeof id === 'number')
  const found = await Promise.all(
    numbers.map(async (id): Promise<Gpu[]> => {
      const device = recordOf(await output('xpu-smi', ['discovery', '--json', '--device', String(id)]))
      if (!device['device_name']) return []
      return [
        {
          Index: id,
          Name: String(device['device_name']),
          Vendor: 'Intel',
          Memory: mebibytes(device['memory_physical_size_byte']),
          PCIAddress: String(device['pci_bdf_address'] ?? '').toLowerCase(),
        },
      ]
    }),
  )
  return found.flat()
}

/** Bytes as a text; what is none is 0. */
const mebibytes = (bytes: unknown): number => Math.floor((Number(bytes) || 0) / mebibyte)

const recordOf = (text: string): Record<string, unknown> => {
  try {
    return fieldsOf(JSON.parse(text))
  } catch {
    return {}
  }
}

const fieldsOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
