import type { Gpu } from '#models/resources.ts'
import type { ToolOutput } from './tool-output.ts'

const mebibyte = 1024 * 1024

/** Which tool knows the GPUs of a vendor. */
export const gpuTools: Readonly<Record<string, string>> = {
  NVIDIA: 'nvidia-smi',
  'AMD/ATI': 'rocm-smi',
  Intel: 'xpu-smi',
}

/** The GPUs that the tools of their vendors report, each once. What a tool says in another form is left out (X20). */
export const detectGpus = async (output: ToolOutput): Promise<Gpu[]> => {
  const all = (await Promise.all([nvidiaGpus(output), amdGpus(output), intelGpus(output)])).flat()
  return [...Map.groupBy(all, ({ Vendor, Index }) => `${Vendor} ${Index}`).values()].flatMap(([first]) => first ?? [])
}

/** Lines like `0, Tesla T4, 15360` (MiB). One that shares the memory of the machine says `[N/A]`. */
const nvidiaGpus = async (output: ToolOutput): Promise<Gpu[]> => {
  const text = await output('nvidia-smi', ['--query-gpu=index,gpu_name,memory.total', '--format=csv,noheader,nounits'])
  return text.split('\n').flatMap((line) => {
    const [, index, name, memory = ''] = /^\s*(\d+)\s*,\s*(\S.*?)\s*,\s*([^,]*?)\s*$/.exec(line) ?? []
    if (!isIndex(Number(index)) || name === undefined) return []
    return [{ Index: Number(index), Name: name, Vendor: 'NVIDIA', Memory: whole(memory), PCIAddress: '' }]
  })
}

/** One member `card<N>` for each; the numbers may have gaps, and releases differ in how they capitalize fields. */
const amdGpus = async (output: ToolOutput): Promise<Gpu[]> => {
  const args = ['--showproductname', '--showbus', '--showmeminfo', 'vram', '--json']
  const cards = Object.entries(recordOf(await output('rocm-smi', args)))
  return cards.flatMap(([key, value]) => {
    const [, index] = /^card(\d+)$/.exec(key) ?? []
    const fields = Object.entries(fieldsOf(value)).map(([name, each]) => [name.toLowerCase(), each] as const)
    const card = Object.fromEntries(fields)
    const Name = text(card['card series'])
    if (!isIndex(Number(index)) || Name === '') return []
    return [
      {
        Index: Number(index),
        Name,
        Vendor: 'AMD/ATI',
        Memory: mebibytes(card['vram total memory (b)']),
        PCIAddress: text(card['pci bus']).toLowerCase(),
      },
    ]
  })
}

/** A list of numbers first, then each device by its number. */
const intelGpus = async (output: ToolOutput): Promise<Gpu[]> => {
  const { device_list: devices } = recordOf(await output('xpu-smi', ['discovery', '--json']))
  const ids = (Array.isArray(devices) ? devices : []).map((device) => fieldsOf(device)['device_id'])
  const numbers = ids.filter(isIndex)
  const found = await Promise.all(
    numbers.map(async (id): Promise<Gpu[]> => {
      const device = recordOf(await output('xpu-smi', ['discovery', '--json', '--device', String(id)]))
      const Name = text(device['device_name'])
      if (Name === '') return []
      return [
        {
          Index: id,
          Name,
          Vendor: 'Intel',
          Memory: mebibytes(device['memory_physical_size_byte']),
          PCIAddress: text(device['pci_bdf_address']).toLowerCase(),
        },
      ]
    }),
  )
  return found.flat()
}

const isIndex = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

/** An amount, perhaps as a text; what is none is 0: it would be none in an answer either. */
const whole = (amount: unknown): number => (isIndex(Math.floor(Number(amount))) ? Math.floor(Number(amount)) : 0)

const mebibytes = (bytes: unknown): number => whole(Number(bytes) / mebibyte)

/** Tools print warnings before their JSON. */
const recordOf = (text: string): Record<string, unknown> => {
  try {
    return fieldsOf(JSON.parse(text.slice(Math.max(0, text.search(/^\s*\{/m)))))
  } catch {
    return {}
  }
}

const fieldsOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
