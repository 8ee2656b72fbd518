import { dockerEngine } from './docker-engine.ts'

/** Keeps a Docker engine for tests running until Ctrl-C: `node --conditions=source test/kit/docker-engine-shell.ts`. */
const engine = await dockerEngine()
if (!engine) throw new Error('Docker is not installed, or this is not root: npm run setup')
console.log(`export DOCKER_HOST=${engine.host}`)

const stop = () => void engine.stop().then(() => process.exit(0))
process.once('SIGINT', stop)
process.once('SIGTERM', stop)
