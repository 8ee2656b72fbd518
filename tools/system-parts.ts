import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Something the machine must have for some tests, beyond what npm brings. */
export type SystemPart = { name: string; programs: string[]; files?: string[]; packages: string[]; neededBy: string }

export const systemParts: SystemPart[] = [
  {
    name: 'Docker engine',
    programs: ['dockerd', 'busybox', 'iptables', 'nsenter', 'ip'],
    packages: ['docker.io', 'busybox-static', 'iptables', 'util-linux', 'iproute2'],
    neededBy: 'contract and e2e suites of the docker engine',
  },
  {
    name: 'Podman',
    programs: ['podman'],
    packages: ['podman'],
    neededBy: 'contract suite of the docker engine on Podman',
  },
  {
    name: 'gVisor',
    programs: ['runsc'],
    packages: ['runsc'],
    neededBy: 'contract suite of the docker engine with another runtime',
  },
  {
    name: 'image registry',
    programs: ['docker-registry'],
    packages: ['docker-registry'],
    neededBy: 'images of private registries',
  },
  {
    name: 'NATS server',
    programs: ['nats-server'],
    packages: ['nats-server'],
    neededBy: 'the bus and a cluster over outside NATS servers',
  },
  {
    name: 'Swift as S3',
    programs: [
      'swift-proxy-server',
      'swift-account-server',
      'swift-container-server',
      'swift-object-server',
      'memcached',
    ],
    packages: ['swift-proxy', 'swift-account', 'swift-container', 'swift-object', 'memcached'],
    neededBy: 'inputs from S3 and results to it',
  },
  {
    name: 'nginx',
    programs: ['nginx'],
    packages: ['nginx'],
    neededBy: 'inputs from the web',
  },
  {
    name: 'SQLite shell',
    programs: ['sqlite3', 'ldd'],
    packages: ['sqlite3', 'libc-bin'],
    neededBy: 'the example that asks a database',
  },
  {
    name: 'C compiler for WASI',
    programs: ['clang', 'wasm-ld'],
    files: ['/usr/include/wasm32-wasi/stdio.h'],
    packages: ['clang', 'lld', 'wasi-libc', 'libclang-rt-14-dev-wasm32'],
    neededBy: 'suites that rebuild WASM programs from their source',
  },
  { name: 'wabt', programs: ['wat2wasm'], packages: ['wabt'], neededBy: 'suites that assemble WASM modules from text' },
  {
    name: 'bubblewrap',
    programs: ['bwrap'],
    packages: ['bubblewrap'],
    neededBy: 'WASM programs with a sandbox around each process',
  },
  { name: 'shells', programs: ['zsh', 'fish'], packages: ['zsh', 'fish'], neededBy: 'completion in shells' },
  { name: 'browser', programs: ['chromium'], packages: ['chromium'], neededBy: 'the typed client in a browser' },
  { name: 'strace', programs: ['strace'], packages: ['strace'], neededBy: 'counting of disk syncs' },
]

/** Parts the machine lacks. */
export function missingParts(path = process.env['PATH'] ?? ''): SystemPart[] {
  const folders = [...path.split(delimiter), '/usr/sbin', '/usr/local/sbin']
  const isInstalled = (program: string) => folders.some((folder) => existsSync(join(folder, program)))
  return systemParts.filter((part) => !part.programs.every(isInstalled) || !(part.files ?? []).every(existsSync))
}
