/** What a build knows about itself; the names are the wire's (`BuildVersionInfo`). */
export type BuildInfo = {
  Major: string
  Minor: string
  /** The generation of the interface we speak, as clients and nodes compare it. */
  GitVersion: string
  /** 40 hexadecimal digits. */
  GitCommit: string
  /** RFC 3339: the time of that commit, so that the same source builds the same program. */
  BuildDate: string
  GOOS: string
  GOARCH: string
  /** Our own release, from package.json. */
  release: string
}

/** Put in by tools/build.ts; absent when the sources run as they are. */
declare const BACALHAU_BUILD: { release: string; commit: string; date: string } | undefined

const built =
  typeof BACALHAU_BUILD === 'undefined'
    ? { release: 'unbuilt', commit: '0'.repeat(40), date: '1970-01-01T00:00:00Z' }
    : BACALHAU_BUILD

const goArchitectures: Record<string, string> = { x64: 'amd64', ia32: '386' }

/**
 * Facts of this program. Peers take the generation from `GitVersion` and compare the minor number as text,
 * so it names the newest generation we are a superset of, not our own release.
 */
export const buildInfo: Readonly<BuildInfo> = Object.freeze({
  Major: '1',
  Minor: '9',
  GitVersion: 'v1.9.3',
  GitCommit: built.commit,
  BuildDate: built.date,
  GOOS: process.platform === 'win32' ? 'windows' : process.platform,
  GOARCH: goArchitectures[process.arch] ?? process.arch,
  release: built.release,
})
