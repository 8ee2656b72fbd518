import { describe, expect, it } from 'vitest'
import { Fault } from '../fault.ts'
import { renderTemplate } from './render-template.ts'

const data = { name: 'world', n: '3', empty: '', html: `<a href="x">'&`, uni: 'héllo' }
const render = (text: string) => renderTemplate(text, data)

describe('templates', () => {
  it.each([
    ['plain fields and variables', 'hello {{ .name }}{{ $.n }}!', 'hello world3!'],
    ['trimmed space', 'a \n {{- .name -}} \n b', 'aworldb'],
    ['comments', 'a{{/* no */}}b{{- /* no */ -}} c', 'abc'],
    ['optional values with a default', '{{ or (index . "missing") "none" }}', 'none'],
    ['hyphenated names', '{{ index . "b-c" }}', ''],
    ['conditions', '{{if eq .n "1"}}one{{else if eq .n "3"}}three{{else}}many{{end}}', 'three'],
    ['with and its else', '{{with .empty}}x{{else with .name}}{{.}}{{end}}', 'world'],
    ['loops over numbers', '{{range $i := 3}}{{$i}}{{if eq $i 1}}{{break}}{{end}},{{end}}', '0,1'],
    ['loops over the map in order', '{{range $k, $v := .}}{{if $v}}{{$k}} {{end}}{{else}}-{{end}}', 'html n name uni '],
    ['loops over nothing', '{{range 0}}x{{else}}none{{end}}', 'none'],
    ['assignment', '{{$x := 1}}{{if true}}{{$x = 2}}{{end}}{{$x}}', '2'],
    [
      'named templates',
      '{{define "t"}}<{{.}}>{{end}}{{template "t" .name}}{{block "b" .n}}[{{.}}]{{end}}',
      '<world>[3]',
    ],
    ['pipelines', '{{ .name | printf "%s-%7s" "a" | len }}', '9'],
    ['comparisons', '{{lt 1 2}}{{ge "b" "a"}}{{ne .n "3"}}{{and true .name}}{{not .empty}}', 'truetruefalseworldtrue'],
    [
      'escaping',
      '{{html .html}} {{js .html}} {{urlquery .html}}',
      expect.stringContaining('&lt;a href=&#34;x&#34;&gt;&#39;&amp;'),
    ],
    ['bytes of texts', '{{slice .uni 0 2}}{{slice .uni 2 3}} {{len .uni}} {{index .uni 0}}', 'hé 6 104'],
    ['numbers', "{{1_000}} {{0x1F}} {{1e3}} {{0.5}} {{1+2i}} {{'a'}}", '1000 31 1000 0.5 (1+2i) 97'],
  ])('render %s [R47]', (_what, text, expected) => {
    expect(render(text)).toEqual(expected)
  })

  it.each([
    ['{{.name', 'failed to parse template: template: job:1: unclosed action'],
    ['a\n{{ foo }}', 'failed to parse template: template: job:2: function "foo" not defined'],
    ['{{if true}}', 'failed to parse template: template: job:1: unexpected EOF'],
    ['{{$x}}', 'failed to parse template: template: job:1: undefined variable "$x"'],
    ['{{.b-c}}', "failed to parse template: template: job:1: bad character U+002D '-'"],
    [
      '{{if .name\n\n"}}',
      'failed to parse template: template: job:3: unterminated quoted string in action started at job:1',
    ],
    [
      'é\n é{{ .missing }}',
      'failed to execute template: template: job:2:6: executing "job" at <.missing>: map has no entry for key "missing"',
    ],
    [
      '{{ printf "%d" 1 | lt 2 "a" }}',
      'failed to execute template: template: job:1:19: executing "job" at <lt>: wrong number of args for lt: want 2 got 3',
    ],
    [
      '{{define "t"}}{{.name.x}}{{end}}{{template "t" .}}',
      'failed to execute template: template: job:1:21: executing "t" at <.name.x>: can\'t evaluate field x in type string',
    ],
  ])('refuse %j with its place', (text, message) => {
    const fault = faultOf(() => renderTemplate(text, data, { name: 'job' }))
    expect(fault.message).toBe(message)
    expect(fault.code).toBe('BadRequest')
    expect(fault.hint).toMatch(/--no-template/)
  })
})

describe('bounds of templates', () => {
  it.each([
    [
      'templates that call each other forever',
      '{{define "a"}}{{template "a"}}{{end}}{{template "a"}}',
      'template depth (100000)',
    ],
    ['endless loops', '{{range 1000000000}}{{range 1000000000}}{{end}}{{end}}', 'maximum number of steps'],
    ['output without measure', '{{range 100000}}{{printf "%9999d" 1}}{{end}}', 'output is longer than'],
    ['one text without measure', `{{printf "${'%999999d'.repeat(50)}"}}`, 'formatted text is longer than'],
    ['deep parentheses', `{{${'('.repeat(5000)}1${')'.repeat(5000)}}}`, 'max expression depth exceeded'],
    ['deep blocks', '{{if true}}'.repeat(5000) + '{{end}}'.repeat(5000), 'max expression depth exceeded'],
    [
      'long chains of else if',
      `{{if false}}${'{{else if false}}'.repeat(5000)}{{end}}`,
      'max expression depth exceeded',
    ],
  ])('refuse %s', (_what, text, message) => {
    const filled = text.replace(/("%999999d.*")/, `$1${' 1'.repeat(50)}`)
    expect(faultOf(() => render(filled)).message).toContain(message)
  })
})

function faultOf(run: () => unknown): Fault {
  try {
    run()
  } catch (error) {
    if (error instanceof Fault) return error
    throw error
  }
  throw new Error('no Fault was thrown')
}
