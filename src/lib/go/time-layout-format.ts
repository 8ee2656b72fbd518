import { type LayoutDate, months, piecesOf, utcDay, weekdays } from './time-layout.ts'

/** Writes a date in a layout. */
export const formatWithLayout = (layout: string, date: LayoutDate): string =>
  piecesOf(layout)
    .map(({ text, isLiteral }) => (isLiteral ? text : shown(text, date)))
    .join('')

function shown(name: string, date: LayoutDate): string {
  const two = (value: number) => String(value).padStart(2, '0')
  const day = utcDay(date.year, date.month, date.day)
  const twelve = date.hour % 12 || 12
  switch (name) {
    case '2006':
      return String(date.year).padStart(4, '0')
    case '06':
      return two(date.year % 100)
    case 'January':
      return months[date.month - 1] as string
    case 'Jan':
      return (months[date.month - 1] as string).slice(0, 3)
    case '1':
      return String(date.month)
    case '01':
      return two(date.month)
    case 'Monday':
      return weekdays[day.getUTCDay()] as string
    case 'Mon':
      return (weekdays[day.getUTCDay()] as string).slice(0, 3)
    case '2':
      return String(date.day)
    case '_2':
      return String(date.day).padStart(2, ' ')
    case '02':
      return two(date.day)
    case '002':
      return String(yearDay(date, day)).padStart(3, '0')
    case '__2':
      return String(yearDay(date, day)).padStart(3, ' ')
    case '15':
      return two(date.hour)
    case '3':
      return String(twelve)
    case '03':
      return two(twelve)
    case '4':
      return String(date.minute)
    case '04':
      return two(date.minute)
    case '5':
      return String(date.second)
    case '05':
      return two(date.second)
    case 'PM':
      return date.hour >= 12 ? 'PM' : 'AM'
    case 'pm':
      return date.hour >= 12 ? 'pm' : 'am'
    case 'MST':
      return date.zoneName || 'UTC'
    default:
      return /^[.,]/.test(name) ? shownFraction(name, date) : shownZone(name, date.offset)
  }
}

function shownFraction(name: string, { fraction }: LayoutDate): string {
  const digits = fraction.padEnd(9, '0').slice(0, name.length - 1)
  if (name[1] === '0') return (name[0] as string) + digits
  const short = digits.replace(/0+$/, '')
  return short === '' ? '' : (name[0] as string) + short
}

function shownZone(name: string, offset: number): string {
  if (name.startsWith('Z') && offset === 0) return 'Z'
  const size = Math.abs(offset)
  const parts = [Math.trunc(size / 3600), Math.trunc(size / 60) % 60, size % 60].map((part) =>
    String(part).padStart(2, '0'),
  )
  const count = name.replace(/[^0-9]/g, '').length / 2
  return (offset < 0 ? '-' : '+') + parts.slice(0, count).join(name.includes(':') ? ':' : '')
}

function yearDay({ year }: LayoutDate, day: Date): number {
  return Math.round((day.getTime() - utcDay(year, 1, 1).getTime()) / 86_400_000) + 1
}
