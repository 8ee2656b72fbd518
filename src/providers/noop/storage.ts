import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { PrepareContext, PreparedInput, Storage } from '#contracts/storage.ts'
import { no, type Verdict, yes } from '#contracts/verdict.ts'
import { Fault } from '#lib/fault.ts'
import { typeKey } from '#models/spec-config.ts'
import type { InputSource } from '#models/task.ts'

/** Inputs without content: an empty folder at the Target. */
export class NoopStorage implements Storage {
  readonly types = ['noop']

  async isInstalled(): Promise<Verdict> {
    return yes
  }

  async accepts({ Source }: InputSource): Promise<Verdict> {
    return typeKey(Source.Type) === 'noop' ? yes : no(wrongType(Source.Type))
  }

  async isLocal(): Promise<boolean> {
    return true
  }

  async sizeBytes(): Promise<number> {
    return 0
  }

  async prepare(input: InputSource, context: PrepareContext, signal: AbortSignal): Promise<PreparedInput> {
    if (typeKey(input.Source.Type) !== 'noop') throw new Fault('ValidationError', wrongType(input.Source.Type))
    signal.throwIfAborted()
    const hostPath = join(context.directory, 'content')
    await mkdir(hostPath)
    return { input, hostPath, kind: 'directory', guestPath: input.Target, isReadOnly: true }
  }
}

const wrongType = (type: string): string => `invalid storage source type. expected noop, but received: ${type}`
