import { bool, int } from '../flags.ts'

/** What happens after a submission; of every command that submits a job. */
export const runFlags = {
  wait: bool(true, 'Wait until the job has ended; --wait=false returns at once'),
  'wait-timeout-secs': int(600, 'Longest time to wait, in seconds; with --follow no limit unless given'),
  'id-only': bool(false, 'Print only the id of the job'),
  'node-details': bool(false, 'Print what each node said'),
  'group-events': bool(false, 'Has no effect: events are always counted by state', { isHidden: true }),
  follow: bool(false, 'Print the output of the job as it runs', { shorthand: 'f' }),
  'dry-run': bool(false, 'Print the job instead of submitting it'),
  'exit-code': bool(false, 'Exit with 1 when the job fails'),
  force: bool(false, 'Submit also when nothing changed'),
}
