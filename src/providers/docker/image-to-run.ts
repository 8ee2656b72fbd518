import { Fault } from '#lib/fault.ts'
import { parseImageRef } from './image-ref.ts'

/**
 * The image by the digest that is fixed for its job, which another node may have told: it must be of the repository that the user
 * named, so that no node makes others run, or log in to, anything else. Throws a Fault when it is not.
 */
export function imageToRun(image: string, content: string | undefined): string {
  if (content === undefined) return image
  const [asked, fixed] = [parseImageRef(image), parseImageRef(content)]
  if (fixed.name === asked.name && fixed.digest && !fixed.tag) return content
  throw new Fault(
    'BadRequest',
    `the job's image is fixed as ${JSON.stringify(content)}, which is no digest of ${asked.name}`,
    {
      component: 'Docker',
      hint: 'Another node has told this of the image: see the executions of the job for which one',
      details: { FailureClass: 'node' },
    },
  )
}
