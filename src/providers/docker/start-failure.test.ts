import { expect, it } from 'vitest'
import { startFailure } from './start-failure.ts'

const mounting =
  'runc create failed: unable to start container process: error during container init: error mounting "/s/f"'

it.each([
  [
    'Docker',
    127,
    `${mounting} to rootfs at "/etc": mount /s/f:/etc (via /proc/self/fd/6), flags: 0x5001: not a directory: unknown`,
  ],
  [
    'Podman',
    0,
    `${mounting} to rootfs at "/etc": mount /s/f:/etc (via /proc/self/fd/6), flags: 0x5001: not a directory: OCI runtime error`,
  ],
])('a file that is to lie where the image of %s has a folder is its user’s mistake', (_engine, code, said) => {
  const { failure } = startFailure(new Error(said), code)
  expect(failure?.class).toBe('user')
  expect(failure?.hint).toContain('Target')
})

it('a folder to start in that is a file in the image is its user’s mistake', () => {
  const said = 'preparing container 5f for attach: workdir "/etc/passwd" exists on container 5f, but is not a directory'
  expect(startFailure(new Error(said), 0).failure).toMatchObject({
    class: 'user',
    hint: expect.stringContaining('WorkingDirectory'),
  })
})
