import { type LayoutDate, months, piecesOf, utcDay, weekdays } from './time-layout.ts'

type Draft = LayoutDate & { isAfternoon?: boolean; yearDay?: number; hasMonth?: boolean; hasDay?: boolean }

/** The date a text shows in a layout; undefined when it shows none. */
export function parseWithLayout(layout: string, text: string): LayoutDate | undefined {
  const date: Draft = {
    year: 0,
    month: 1,
    day: 1,
    hour: 0,
    minute: 0,
    second: 0,
    fraction: '',
    offset: 0,
    zoneName: '',
  }
  let rest: string | undefined = text
  const pieces = piecesOf(layout)
  for (const [index, { text: name, isLiteral }] of pieces.entries()) {
    if (isLiteral) rest = afterLiteral(name, rest)
    else rest = readPiece(name, rest, date, pieces[index + 1]?.text)
    if (rest === undefined) return undefined
  }
  return rest === '' ? checked(date) : undefined
}

/** A blank of the layout stands for any number of blanks. */
function afterLiteral(literal: string, text: string): string | undefined {
  let rest = text
  for (const char of literal) {
    if (char === ' ') {
      if (rest !== '' && !rest.startsWith(' ')) return undefined
      rest = rest.replace(/^ +/, '')
    } else if (!rest.startsWith(char)) return undefined
    else rest = rest.slice(char.length)
  }
  return rest
}

function readPiece(name: string, text: string, date: Draft, next: string | undefined): string | undefined {
  const number = (pattern: RegExp, set: (value: number) => void, min: number, max: number) => {
    const digits = pattern.exec(text)?.[0]
    if (digits === undefined) return undefined
    const value = Number(digits)
    if (value < min || value > max) return undefined
    set(value)
    return text.slice(digits.length)
  }
  const word = (words: readonly string[], length: number | undefined, set: (index: number) => void) => {
    const shown = words.map((each) => each.slice(0, length).toLowerCase())
    const index = shown.findIndex((each) => text.toLowerCase().startsWith(each))
    if (index === -1) return undefined
    set(index)
    return text.slice((shown[index] as string).length)
  }
  const setMonth = (month: number) => Object.assign(date, { month, hasMonth: true })
  const setDay = (day: number) => Object.assign(date, { day, hasDay: true })
  switch (name) {
    case '2006':
      return number(/^[0-9]{4}/, (year) => (date.year = year), 0, 9999)
    case '06':
      return number(/^[0-9]{2}/, (year) => (date.year = year >= 69 ? 1900 + year : 2000 + year), 0, 99)
    case 'January':
      return word(months, undefined, (index) => setMonth(index + 1))
    case 'Jan':
      return word(months, 3, (index) => setMonth(index + 1))
    case '1':
    case '01':
      return number(name === '01' ? /^[0-9]{2}/ : /^[0-9]{1,2}/, setMonth, 1, 12)
    case 'Monday':
      return word(weekdays, undefined, () => {})
    case 'Mon':
      return word(weekdays, 3, () => {})
    case '2':
    case '02':
    case '_2':
      return number(name === '02' ? /^[0-9]{2}/ : name === '2' ? /^[0-9]{1,2}/ : /^ ?[0-9]{1,2}/, setDay, 0, 99)
    case '002':
    case '__2':
      return number(name === '002' ? /^[0-9]{3}/ : /^ {0,2}[0-9]{1,3}/, (yearDay) => (date.yearDay = yearDay), 1, 366)
    case '15':
      return number(/^[0-9]{1,2}/, (hour) => (date.hour = hour), 0, 23)
    case '3':
    case '03':
      return number(name === '03' ? /^[0-9]{2}/ : /^[0-9]{1,2}/, (hour) => (date.hour = hour), 0, 12)
    case '4':
    case '04':
      return number(name === '04' ? /^[0-9]{2}/ : /^[0-9]{1,2}/, (minute) => (date.minute = minute), 0, 59)
    case '5':
    case '05': {
      const rest = number(name === '05' ? /^[0-9]{2}/ : /^[0-9]{1,2}/, (second) => (date.second = second), 0, 59)
      const isFractionNext = next !== undefined && /^[.,][09]/.test(next)
      return rest === undefined || isFractionNext ? rest : takeFraction(rest, /^[.,][0-9]+/, date)
    }
    case 'PM':
    case 'pm': {
      const half = text.slice(0, 2)
      if (half !== (name === 'PM' ? 'PM' : 'pm') && half !== (name === 'PM' ? 'AM' : 'am')) return undefined
      date.isAfternoon = half.toLowerCase() === 'pm'
      return text.slice(2)
    }
    case 'MST': {
      date.zoneName = /^[A-Z]{3,4}/.exec(text)?.[0] ?? ''
      return date.zoneName === '' ? undefined : text.slice(date.zoneName.length)
    }
    default:
      return /^[.,]/.test(name) ? readFraction(name, text, date) : readZone(name, text, date)
  }
}

function readFraction(name: string, text: string, date: Draft): string | undefined {
  if (name[1] === '9') return takeFraction(text, /^[.,][0-9]+/, date)
  const exact = new RegExp(`^[.,][0-9]{${name.length - 1}}`)
  return exact.test(text) ? takeFraction(text, exact, date) : undefined
}

function takeFraction(text: string, pattern: RegExp, date: Draft): string {
  const found = pattern.exec(text)?.[0] ?? ''
  date.fraction = found.slice(1, 10)
  return text.slice(found.length)
}

function readZone(name: string, text: string, date: Draft): string | undefined {
  if (name.startsWith('Z') && text.startsWith('Z')) return text.slice(1)
  const shape = name.slice(1).replace('07', '([0-9]{2})').replaceAll('00', '([0-9]{2})')
  const [all, sign, hours = '0', minutes = '0', seconds = '0'] = new RegExp(`^([+-])${shape}`).exec(text) ?? []
  if (all === undefined || Number(hours) > 24 || Number(minutes) > 60 || Number(seconds) > 60) return undefined
  const size = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)
  date.offset = sign === '-' ? -size : size
  return text.slice(all.length)
}

function checked(date: Draft): LayoutDate | undefined {
  if (date.isAfternoon === true && date.hour < 12) date.hour += 12
  if (date.isAfternoon === false && date.hour === 12) date.hour = 0
  if (date.yearDay !== undefined) {
    const found = utcDay(date.year, 1, date.yearDay)
    if (found.getUTCFullYear() !== date.year) return undefined
    const [month, day] = [found.getUTCMonth() + 1, found.getUTCDate()]
    if ((date.hasMonth && date.month !== month) || (date.hasDay && date.day !== day)) return undefined
    Object.assign(date, { month, day })
  }
  const isDay = date.day >= 1 && utcDay(date.year, date.month, date.day).getUTCMonth() === date.month - 1
  return isDay ? date : undefined
}
