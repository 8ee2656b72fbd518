import { Fault, messageOf } from '#lib/fault.ts'
import { type FailureClass, failureClasses } from '#models/job.ts'
import { dockerStatusOf } from './engine-answer.ts'

const userTexts = [
  'not found',
  'does not exist',
  'manifest unknown',
  'denied',
  'unauthorized',
  'no basic auth credentials',
  'invalid reference format',
  'normalizing name',
  'no such image',
]

/** For an image that is there, but not for the platform of this node. */
export const foreignHint = 'Use an image made for this platform'
/** As Docker and Podman say that a list of images has none for them. */
const isForeign = (message: string): boolean =>
  /no matching manifest for|no image found in (?:manifest list|image index) for/i.test(message)

/** Who can cure a failed look-up or pull: the user (name, access), time (registry away, busy), the node (its platform), or its disk. */
export function imageFailureClass(error: unknown): FailureClass {
  const named =
    error instanceof Fault ? failureClasses.find((each) => each === error.details?.['FailureClass']) : undefined
  if (named) return named
  const message = messageOf(error).toLowerCase()
  if (message.includes('no space left on device')) return 'resource'
  if (isForeign(message)) return 'node'
  if (message.includes('toomanyrequests') || message.includes('no such host')) return 'transient'
  if ([400, 401, 403, 404].includes(dockerStatusOf(error) ?? 0)) return 'user'
  return userTexts.some((text) => message.includes(text)) ? 'user' : 'transient'
}

const imageHint =
  'Check the name of the image. For a private one, give the node the login of its registry ' +
  '(docker login, or DOCKER_USERNAME and DOCKER_PASSWORD for Docker Hub)'

/** Another node may have the image, or fetch it. */
export const pullSkipped = (): Fault =>
  new Fault('ServiceUnavailable', 'it is not on this node, which uses local images only', {
    component: 'Docker',
    hint: 'Use an image that the node has; its operator brings one there, or starts it without SKIP_IMAGE_PULL',
    details: { FailureClass: 'node' },
  })

/** What Go's network says when nobody was there to be asked. */
const isUnreached = (message: string): boolean =>
  /dial tcp|no such host|connection refused|i\/o timeout|TLS handshake|Client\.Timeout/i.test(message)

function hintOf(error: unknown): string {
  const message = messageOf(error)
  if (error instanceof Fault && error.hint) return error.hint
  if (isForeign(message)) return foreignHint
  return isUnreached(message) ? `The node cannot reach the registry: see to its network. ${imageHint}` : imageHint
}

/** The one sentence clients know for images that cannot be had; `action` says what was tried. */
export function imageFault(action: 'inspect' | 'pull', image: string, error: unknown): Fault {
  const failureClass = imageFailureClass(error)
  return new Fault(
    failureClass === 'user' ? 'BadRequest' : 'ServiceUnavailable',
    `Could not ${action} image ${JSON.stringify(image)} - could be due to repo/image not existing, ` +
      `or registry needing authorization: ${messageOf(error)}`,
    {
      component: 'Docker',
      hint: hintOf(error),
      isRetryable: failureClass !== 'user',
      details: { FailureClass: failureClass, Image: image },
      cause: error,
    },
  )
}
