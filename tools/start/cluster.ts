import { type ChildProcess, spawn } from 'node:child_process'

/** A devstack of the built product, as a child process. */
export type Cluster = { port: number; stop(): Promise<void> }

/** Starts one orchestrator and compute nodes; resolves when it says where its API is. */
export function startCluster(executable: string, args: string[], env: NodeJS.ProcessEnv): Promise<Cluster> {
  const child = spawn(executable, ['devstack', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  return new Promise((resolve, reject) => {
    let said = ''
    const listen = (data: Buffer) => {
      said += data
      const port = /CLIENTAPI_PORT=(\d+)/.exec(said)?.[1]
      if (port) resolve({ port: Number(port), stop: () => ended(child) })
    }
    child.stdout.on('data', listen)
    child.stderr.on('data', listen)
    child.on('error', reject)
    child.on('exit', (code) => reject(new Error(`the cluster ended with ${code}:\n${said}`)))
  })
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill('SIGTERM')
  })
}
