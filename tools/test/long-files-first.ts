import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files that take longest, the longest first, by the end of their path; how long others take differs less. */
const longFiles = [
  'contracts/http-network.test.ts',
  'contracts/engine-docker.test.ts',
  'wire/cli-v1.4.0.test.ts',
  'wire/rest-v1.4.0.test.ts',
  'wire/rest-v1.9.3.test.ts',
  'wire/cli-v1.9.3.test.ts',
  'wire/cli-terminal.test.ts',
  'e2e/crash/crash-points.test.ts',
  'e2e/start/npm-start.test.ts',
  'e2e/cluster/nats-servers.test.ts',
  'e2e/cluster/lost-nodes.test.ts',
  'e2e/promises.test.ts',
  'e2e/journeys/cluster-views.test.ts',
]

/**
 * Begins with the files that take longest, so that none of them is left at the end while the other workers have nothing to do. Vitest
 * knows by itself only how large they are, and how long they took here before; a machine of CI has no before.
 */
export class LongFilesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = longFiles.findIndex((name) => moduleId.endsWith(name))
      return at < 0 ? longFiles.length : at
    }
    return (await super.sort(files)).toSorted((one, other) => rank(one) - rank(other))
  }
}
