import type { RunRequest } from '#contracts/engine.ts'
import type { ContainerSpec } from '../container-spec.ts'
import { holderLabel, labelsOf } from '../names.ts'
import type { NetworkSpec } from './network-spec.ts'

const programPath = '/bacalhau-idle'

/** What the one process of a holder is started with; no other process is. */
export const holderArgs = ({ executionId }: Pick<RunRequest, 'executionId'>): string[] => [programPath, executionId]

export type HolderParts = { image: string; executorId: string; idleFile: string; network: NetworkSpec }

/**
 * A container that keeps a network, so that what we do to it is done before the program starts. It runs in the image of the program, which is here anyway, and uses nothing of it.
 */
export function holderSpec(request: RunRequest, { image, executorId, idleFile, network }: HolderParts): ContainerSpec {
  const [program, ...args] = holderArgs(request)
  return {
    Image: image,
    Entrypoint: [program],
    Cmd: args,
    WorkingDir: '/',
    User: '65534:65534',
    Healthcheck: { Test: ['NONE'] },
    Labels: { ...labelsOf(executorId, request.jobId, request.executionId), [holderLabel]: 'true' },
    Tty: false,
    ...network.container,
    HostConfig: {
      ...network.host,
      Mounts: [{ Type: 'bind', Source: idleFile, Target: programPath, ReadOnly: true }],
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      RestartPolicy: { Name: 'no' },
      LogConfig: { Type: 'none' },
    },
  }
}
