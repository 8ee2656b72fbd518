import type { FailureClass } from '#models/job.ts'

type Cause = { class: FailureClass; hint: string }

/** What engines and runtimes say when a container cannot be made or started, whose fault that is, and what cures it. */
const causes: [pattern: RegExp, cause: Cause][] = [
  // A file that is to be mounted over a folder of the image, or a folder over a file.
  [
    /\bmount.*\bnot a directory\b/is,
    {
      class: 'user',
      hint: 'An input or a result is a file where the image has a folder, or the other way round: give it another Target or Path',
    },
  ],
  [
    /Cannot mkdir: .* is not a directory|\b(?:lstat|mkdir) [^:]*: not a directory|\bworkdir ".*" exists on container .* is not a directory/is,
    { class: 'user', hint: 'A file is there, or above it: let WorkingDirectory name a folder' },
  ],
  [
    /could not select device driver/i,
    {
      class: 'node',
      hint: 'The container engine of the node cannot hand in GPUs: its operator installs the NVIDIA Container Toolkit',
    },
  ],
  // No job can name one.
  [
    /unknown capability/i,
    { class: 'node', hint: 'The operator of the node corrects what Compute.Docker.CapDrop names' },
  ],
]

export const knownCause = (text: string): Cause | undefined => causes.find(([pattern]) => pattern.test(text))?.[1]
