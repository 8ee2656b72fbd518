import { describe, expect, it } from 'vitest'
import { displayWidth } from '#lib/text/display-width.ts'
import type { Out } from './out.ts'
import { tell, warn } from './tell.ts'

function told(act: (out: Out) => void, columns: number | undefined): string[] {
  let text = ''
  act({ isTerminal: columns !== undefined, canRedraw: false, columns, write: (part) => void (text += part) })
  return text.split('\n').slice(0, -1)
}

const sentence =
  'JobAdmissionControl.AcceptNetworkedJobs is an old name; use JobAdmissionControl.RejectNetworkedJobs=true, or leave it out'

describe('what people are told', () => {
  it('stays in one line where there is no terminal, so that programs find it', () => {
    expect(told((out) => warn(out, sentence), undefined)).toEqual([`Warning: ${sentence}`])
  })

  it.each([60, 80, 120, 250])('has whole words and no line that %s columns break [R209]', (columns) => {
    const lines = told((out) => warn(out, sentence), columns)
    expect(lines.filter((line) => displayWidth(line) > columns)).toEqual([])
    expect(lines.map((line) => line.trim()).join(' ')).toBe(`Warning: ${sentence}`)
    expect(lines.slice(1).every((line) => line.startsWith(' '.repeat(9)))).toBe(true)
    expect(lines.length > 1).toBe(columns < 130)
  })

  it('counts wide characters by their columns, and breaks between them when they have no blanks', () => {
    const korean = '작업 목록을 읽을 수 없습니다 다시 시도하십시오 작업은 계속됩니다 서버가 응답하지 않습니다'
    const lines = told((out) => tell(out, korean), 60)
    expect(lines.map(displayWidth).every((width) => width <= 60)).toBe(true)
    expect(lines.join(' ')).toBe(korean)
    const chinese = `名为 ${'工作流程正在等待可用的节点'.repeat(6)}！`
    const cut = told((out) => tell(out, chinese), 60)
    expect(cut.map(displayWidth)).toEqual([59, 60, 44])
    expect(cut.join('')).toBe(chinese)
  })

  it('keeps what is to be copied whole: commands in backticks, and words that are longer than a line', () => {
    const id = 'j-550ea9f2-2f4e-4a63-8d3c-0d5e2c2b7a11'
    expect(told((out) => tell(out, `The job goes on; stop it with \`bacalhau job stop ${id}\`.`), 60)).toEqual([
      'The job goes on; stop it with',
      `\`bacalhau job stop ${id}\`.`,
    ])
    const path = `/${'folder/'.repeat(12)}`
    expect(told((out) => tell(out, `written to ${path}`), 60)).toEqual(['written to', path])
  })

  it('shows what others wrote in a way that the terminal does not obey', () => {
    expect(told((out) => tell(out, 'no\x1b[2J\x07such'), 60)).toEqual(['no\\x1b[2J\\x07such'])
  })
})
