import type { ScalarNode, YamlNode } from './node.ts'
import { documentOf, nodeOf, type YamlValue } from './read-yaml.ts'
import { yamlFault } from './yaml-fault.ts'

export type YamlMap = { [key: string]: YamlValue }

/**
 * A YAML text that holds settings: a map in which no key stands twice; {} when there is nothing in it. Throws
 * Fault('BadRequest') in the words of gopkg.in/yaml.v3, by which programs of this field read theirs.
 */
export function readSettings(source: string | Uint8Array): YamlMap {
  const root = nodeOf(source)
  if (root) prepare(root)
  const { value } = documentOf(root)
  if (value === null) return {}
  if (typeof value === 'object' && !Array.isArray(value)) return value
  const { mark } = root as YamlNode
  const what = Array.isArray(value) ? '!!seq' : `${tagOf(value)} \`${short(String(value))}\``
  throw yamlFault(`unmarshal errors:\n  line ${mark.line + 1}: cannot unmarshal ${what} into map[string]interface {}`, {
    mark,
  })
}

const tagOf = (value: YamlValue): string => {
  if (typeof value === 'string') return '!!str'
  if (typeof value === 'boolean') return '!!bool'
  return Number.isInteger(value) || typeof value === 'bigint' ? '!!int' : '!!float'
}

/** As the reader of Go shows a value. */
const short = (text: string): string => (text.length > 10 ? `${text.slice(0, 7)}...` : text)

/**
 * Refuses keys that stand twice: a forgotten older line would be a surprise. Words like `no`, and numbers with zeros
 * that would be lost (`1.10`, `0123`), stay texts: which they are in labels, and switches are `true` or `false`.
 */
function prepare(node: YamlNode): void {
  if (node.kind === 'scalar') node.isImplicit &&= !isOnlyText(node)
  if (node.kind === 'sequence') node.items.forEach(prepare)
  if (node.kind !== 'mapping') return
  const lines = new Map<string, number>()
  for (const [key, value] of node.pairs) {
    if (key.kind === 'scalar' && key.text !== '<<') {
      const before = lines.get(key.text)
      if (before !== undefined) throw double(key.text, before, key.mark)
      lines.set(key.text, key.mark.line + 1)
    }
    prepare(key)
    prepare(value)
  }
}

const isOnlyText = ({ text }: ScalarNode): boolean =>
  /^(?:y|yes|n|no|on|off)$/i.test(text) || /^-?\d+\.\d*0$|^0\d+$/.test(text)

const double = (key: string, before: number, mark: YamlNode['mark']) =>
  yamlFault(
    `unmarshal errors:\n  line ${mark.line + 1}: mapping key ${JSON.stringify(key)} already defined at line ${before}`,
    { mark },
  )
