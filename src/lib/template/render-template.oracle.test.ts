import { parse } from '@evertdespiegeleer/go-template'
import { describe, expect, it } from 'vitest'
import { Fault } from '../fault.ts'
import { renderTemplate } from './render-template.ts'

/** Go's own engine as a WASM module is the judge of random templates, whole and damaged ones. */
const CASES = 400

const data = { name: 'world', n: '3', empty: '', q: 'a"b\\c', uni: 'héllo ☃ 𝒳', html: `<a href="x">&'` }
const numbers = ['0', '-1', '42', '3.5', '1e21', '0x1F', "'☃'", '1+2i', '9223372036854775807', '1_000', '.5']
const texts = ['"abc"', '""', '`raw`', '.name', '.empty', '.uni', '.q', '.html', '"\\xff\\u00e9"', '"a\\"b"']
const others = ['true', 'nil', '(slice .uni 1 3)', '(index .uni 1)', '(len .name)', '(print 1 2)', '(printf "%d" 7)']
const functions = 'print println html js urlquery len slice eq ne lt le gt ge and or not call'.split(' ')

describe('templates against Go', () => {
  it(`agree in ${CASES} random templates`, async () => {
    await parse('', {})
    const random = new TemplateSource(20260101)
    const different: string[] = []
    for (let count = 0; count < CASES; count++) {
      const text = random.template()
      const [go, ours] = [goResult(text), ourResult(text)]
      if (go !== ours) different.push(`${JSON.stringify(text)}\n  Go   ${go}\n  ours ${ours}`)
    }
    expect(different.slice(0, 5), `${different.length} differ`).toEqual([])
  }, 60_000)
})

/** The oracle's data are of another type and it stops earlier when templates call each other; else all is the same. */
function goResult(text: string): string {
  const { Render: render } = globalThis as unknown as { Render: (text: string, json: string) => string }
  return render(text, JSON.stringify(data))
    .replace(/^Template exec error: /, 'failed to execute template: ')
    .replace(/^Template parse error: /, 'failed to parse template: ')
    .replaceAll('map[string]interface {}', 'map[string]string')
    .replaceAll('interface {}', 'string')
    .replaceAll('depth (1000)', 'depth (100000)')
}

function ourResult(text: string): string {
  try {
    return shown(renderTemplate(text, data, { name: 'tpl' }))
  } catch (error) {
    if (error instanceof Fault) return shown(error.message)
    throw error
  }
}

/** Invalid bytes as the oracle hands them out. */
const shown = (text: string): string => text.replaceAll(/[\udc80-\udcff]/gu, '\ufffd')

/** Random templates from a seed. */
class TemplateSource {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  template(): string {
    const text = this.#list(3)
    return this.#below(2) === 0 ? text : this.#damaged(text)
  }

  #below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit
  }

  #pick<Item>(items: readonly Item[]): Item {
    return items[this.#below(items.length)] as Item
  }

  #times(most: number, make: () => string, between = ''): string {
    return Array.from({ length: this.#below(most + 1) }, make).join(between)
  }

  #action(text: string): string {
    return this.#pick(['{{', '{{', '{{- ']) + text + this.#pick(['}}', ' -}}', ' }}'])
  }

  #value(): string {
    return this.#pick(this.#pick([numbers, texts, texts, others]))
  }

  #printf(): string {
    const verb = () =>
      `%${this.#times(2, () => this.#pick(['#', '+', '-', ' ', '0']))}` +
      this.#pick(['', '', '5', '12', '*', '[1]', '[9]', '[x]']) +
      this.#pick(['', '', '.2', '.0', '.*', '.[1]*']) +
      this.#pick([...'vvdsqxXfgGeEtTbocUOwz%'])
    return `printf ${JSON.stringify(`x${this.#times(3, verb)}`)} ${this.#times(3, () => this.#value(), ' ')}`
  }

  #expression(depth: number): string {
    const kind = depth === 0 ? 0 : this.#below(4)
    if (kind === 0) return this.#value()
    if (kind === 1) return this.#printf()
    if (kind === 2) return `${this.#expression(depth - 1)} | ${this.#pick(functions)}`
    const argument = () => (this.#below(3) === 0 ? `(${this.#expression(depth - 1)})` : this.#value())
    return `${this.#pick(functions)} ${this.#times(3, argument, ' ')}`
  }

  #list(depth: number): string {
    return this.#times(2, () => this.#statement(depth))
  }

  #block(head: string, depth: number, otherwise: string): string {
    const elsePart = this.#below(3) === 0 ? this.#action(otherwise) + this.#list(depth - 1) : ''
    return this.#action(head) + this.#list(depth - 1) + elsePart + this.#action('end')
  }

  #statement(depth: number): string {
    switch (depth === 0 ? this.#below(2) : this.#below(9)) {
      case 0:
        return this.#action(this.#expression(2))
      case 1:
        return this.#pick(['text', ' a ', '  \n b', '{', '}}', '{{- /* c */ -}}', '{{"{{"}}', '{{.missing}}'])
      case 2:
        return this.#block(`if ${this.#expression(1)}`, depth, `else if ${this.#expression(1)}`)
      case 3:
        return this.#block(`with $x := ${this.#expression(1)}`, depth, 'else')
      case 4:
        return this.#block(
          `range ${this.#pick(['', '$i := ', '$i, $e := '])}${this.#pick(['3', '.', '0', '"a"'])}`,
          depth,
          'else',
        )
      case 5:
        return (
          this.#action('range 3') +
          this.#list(depth - 1) +
          this.#action(this.#pick(['break', 'continue'])) +
          this.#action('end')
        )
      case 6:
        return this.#action(`$x := ${this.#expression(1)}`) + this.#action('$x')
      case 7:
        return this.#block('define "t"', depth, 'else')
      default:
        return this.#pick(['', '{{block "b" .}}b{{end}}']) + this.#action(`template "t" ${this.#value()}`)
    }
  }

  #damaged(text: string): string {
    const at = this.#below(text.length + 1)
    const scrap = this.#pick([
      '',
      '{{',
      '}}',
      'end',
      '{{else}}',
      ' -}}',
      ' | ',
      '$x',
      ':=',
      '.x',
      '"',
      '`',
      '(',
      ')',
      '\n',
      'é',
      '0',
      '-',
    ])
    return text.slice(0, at) + scrap + text.slice(at + (scrap === '' ? 1 : 0))
  }
}
