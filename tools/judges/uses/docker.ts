import { equal, match } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { newNonce } from '../jobs.ts'
import type { Use } from '../judge.ts'
import type { RealCli } from '../real-cli.ts'
import { idIn, outputOf } from './shown-job.ts'

const image = 'busybox:latest'

/** Uses that need a Docker engine. */
export const docker: readonly Use<RealCli>[] = [
  {
    name: '`docker run` prints what the container printed',
    async run(cli) {
      const nonce = newNonce()
      const said = await cli.ok(['docker', 'run', image, 'echo', nonce])
      equal(await outputOf(cli, idIn(said)), `${nonce}\n`)
      match(await cli.ok(['docker', 'run', '--follow', image, '--', 'sh', '-c', `echo ${nonce}`]), new RegExp(nonce))
      match(await cli.ok(['docker', 'run', '--id-only', image, 'true']), /^j-[0-9a-f-]{36}\s*$/)
    },
  },
  {
    name: '`docker run` with variable, input, constraint and result; `job get` of it',
    async run(cli) {
      const nonce = newNonce()
      const input = cli.file(`../inputs/${nonce}.txt`, `${nonce} from the file\n`)
      const line = 'cat /in.txt > /outputs/file; echo $SAID >> /outputs/file'
      // The older client refuses an odd number of variables.
      const flags = ['-e', `SAID=${nonce}`, '-e', 'OTHER=1', '-i', `file://${input}:/in.txt`, '--constraints', 'zone=b']
      const results = ['-p', 'local', '-o', 'outputs:/outputs']
      const id = idIn(await cli.ok(['docker', 'run', ...flags, ...results, image, '--', 'sh', '-c', line]))
      const [execution] = await cli.json<{ NodeID: string }[]>(['job', 'executions', id])
      equal(execution?.NodeID, 'edge')
      const folder = cli.emptyFolder(`docker-${nonce}`)
      await cli.ok(['job', 'get', '--output-dir', folder, id])
      equal(readFileSync(join(folder, 'outputs/file'), 'utf8'), `${nonce} from the file\n${nonce}\n`)
    },
  },
  {
    name: '`docker run` of an image that is nowhere says so',
    async run(cli) {
      const { stdout, stderr } = await cli.run(['docker', 'run', 'there-is-no-such-image:1', 'true'])
      match(stdout + stderr, /there-is-no-such-image/)
    },
  },
]
