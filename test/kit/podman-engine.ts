import { spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type EngineProgram, startEngine, type TestEngine } from './engine-process.ts'

/** Starts Podman's Docker interface with storage of its own and the test images in it. It speaks plain HTTP with `plainRegistries`. */
export const podmanEngine = (...plainRegistries: string[]): Promise<TestEngine> =>
  startEngine('podman', podman(plainRegistries), podman(plainRegistries, '--storage-driver', 'vfs'))

/** Whether Podman and a static busybox are installed and we are root, so that limits hold. */
export const canStartPodman = (): boolean =>
  process.getuid?.() === 0 && existsSync('/usr/bin/podman') && existsSync('/bin/busybox')

const podman = (plainRegistries: readonly string[], ...extra: string[]): EngineProgram => ({
  command: (dir, socket) => [
    ...['podman', '--root', join(dir, 'data'), '--runroot', join(dir, 'run'), ...extra],
    ...['system', 'service', '--time', '0', `unix://${socket}`],
  ],
  env: (dir) => ({
    CONTAINERS_CONF: settings(dir),
    CONTAINERS_REGISTRIES_CONF: registries(dir, plainRegistries),
    TMPDIR: dir,
  }),
  afterEnd: (dir) => {
    // Containers outlive this daemon.
    const folders = ['--root', join(dir, 'data'), '--runroot', join(dir, 'run'), ...extra]
    spawnSync('podman', [...folders, 'rm', '--all', '--force'])
  },
})

/** Without systemd, and with limits that a machine which is itself a container may set. */
function settings(dir: string): string {
  const path = join(dir, 'containers.conf')
  const limits = '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n'
  writeFileSync(path, `${limits}[engine]\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n`)
  return path
}

function registries(dir: string, plain: readonly string[]): string {
  const path = join(dir, 'registries.conf')
  writeFileSync(path, plain.map((domain) => `[[registry]]\nlocation = "${domain}"\ninsecure = true\n`).join(''))
  return path
}
