import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { PrepareContext, PreparedInput, Storage } from '#contracts/storage.ts'
import { type Verdict, yes } from '#contracts/verdict.ts'
import { Fault } from '#lib/fault.ts'
import { type SpecConfig, typeKey } from '#models/spec-config.ts'
import type { InputSource } from '#models/task.ts'

/** Inputs without content: an empty folder at the Target. */
export class NoopStorage implements Storage {
  readonly types = ['noop']

  async isInstalled(): Promise<Verdict> {
    return yes
  }

  async isLocal(): Promise<boolean> {
    return true
  }

  async sizeBytes(source: SpecConfig): Promise<number> {
    checkType(source)
    return 0
  }

  async prepare(input: InputSource, context: PrepareContext, signal: AbortSignal): Promise<PreparedInput> {
    checkType(input.Source)
    signal.throwIfAborted()
    const hostPath = join(context.directory, 'content')
    await mkdir(hostPath)
    return { input, hostPath, kind: 'directory', guestPath: input.Target, isReadOnly: true }
  }
}

function checkType({ Type }: SpecConfig): void {
  if (typeKey(Type) === 'noop') return
  throw new Fault('ValidationError', `invalid storage source type. expected noop, but received: ${Type}`)
}
