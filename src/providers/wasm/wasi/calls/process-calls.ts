import { fail } from '../errno.ts'
import { ProgramEnd } from '../guest.ts'
import { type Call, call } from './call.ts'

/** The program's end, chance, and what this host does not have: signals and sockets. */
export const processCalls: Record<string, Call> = {
  proc_exit: {
    params: 'i',
    results: '',
    run: (guest, _memory, code: number) => guest.finish(new ProgramEnd(code)),
  },
  proc_raise: call('i', () => fail('nosys')),
  sched_yield: call('', () => {}),
  random_get: call('ii', ({ world }, memory, pointer: number, lengthBytes: number) =>
    world.fillRandom(memory.bytes(pointer, lengthBytes)),
  ),
  sock_accept: call('iii', ({ descriptors }, _memory, fd: number) => notSocket(descriptors.get(fd))),
  sock_recv: call('iiiiii', ({ descriptors }, _memory, fd: number) => notSocket(descriptors.get(fd))),
  sock_send: call('iiiii', ({ descriptors }, _memory, fd: number) => notSocket(descriptors.get(fd))),
  sock_shutdown: call('ii', ({ descriptors }, _memory, fd: number) => notSocket(descriptors.get(fd))),
}

const notSocket = (_descriptor: unknown): never => fail('notsock')
