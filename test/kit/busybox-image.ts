import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/**
 * The root file system of a small image as a tar: Debian's static busybox with all its commands, and `bash` as its shell; other
 * programs of this machine come with the libraries they load.
 */
export function busyboxImage(busybox = '/bin/busybox', programs: readonly string[] = []): Buffer {
  const root = mkdtempSync(join(tmpdir(), 'bacalhau-image-'))
  try {
    for (const folder of ['bin', 'etc', 'root', 'usr/bin', 'app']) mkdirSync(join(root, folder), { recursive: true })
    mkdirSync(join(root, 'tmp'))
    chmodSync(join(root, 'tmp'), 0o1777)
    cpSync(busybox, join(root, 'bin/busybox'), { dereference: true })
    for (const command of execFileSync(busybox, ['--list']).toString().trim().split('\n')) link(root, `bin/${command}`)
    link(root, 'bin/bash')
    link(root, 'usr/bin/env')
    for (const file of programs.flatMap((program) => [program, ...librariesOf(program)])) {
      mkdirSync(dirname(join(root, file)), { recursive: true })
      copyFileSync(file, join(root, file))
    }
    writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n')
    writeFileSync(join(root, 'etc/group'), 'root:x:0:\nnogroup:x:65534:\n')
    return execFileSync('tar', ['-c', '--owner=0', '--group=0', '-C', root, '.'], { maxBuffer: 64 * 1024 * 1024 })
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

function link(root: string, name: string): void {
  if (name === 'bin/busybox') return
  if (name === 'bin/bash') return writeFileSync(join(root, name), '#!/bin/sh\nexec /bin/sh "$@"\n', { mode: 0o755 })
  symlinkSync('/bin/busybox', join(root, name))
}

/** Where the loader finds what the program needs, and the loader itself. */
const librariesOf = (program: string): string[] =>
  [...execFileSync('ldd', [program], { encoding: 'utf8' }).matchAll(/(?:^\s*|=> )(\/\S+) \(/gm)].map(
    ([, path = '']) => path,
  )
