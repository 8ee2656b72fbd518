/** Says what is being done, and remembers how long each stage took. */
export class Stages {
  readonly #took: [name: string, ms: number][]
  readonly #print: (line: string) => void

  constructor(print: (line: string) => void, installMs: number) {
    this.#print = print
    this.#took = [['install', installMs]]
  }

  async run<Result>(name: string, what: string, act: () => Promise<Result> | Result): Promise<Result> {
    this.#print(`${name}: ${what}`)
    const started = performance.now()
    try {
      return await act()
    } finally {
      this.#took.push([name, performance.now() - started])
    }
  }

  get lines(): string[] {
    const sum = this.#took.reduce((all, [, ms]) => all + ms, 0)
    const width = Math.max(...this.#took.map(([name]) => name.length))
    const line = ([name, ms]: [string, number]) => `  ${name.padEnd(width)} ${(ms / 1000).toFixed(1).padStart(6)} s`
    return [...this.#took, ['in all', sum] as [string, number]].map(line)
  }
}
