import type { NodeView } from '../snapshot.ts'

/** The best of so many nodes, taken anywhere, is as good a choice as the best of all. */
export const ampleChoice = 32

/** Nodes that pass the test, all of them or `enough`, where chance says which. `chance`: in [0, 1). */
export const someOf = (
  nodes: readonly NodeView[],
  enough: number,
  chance: () => number,
  test: (node: NodeView) => boolean,
): NodeView[] => {
  const first = nodes.length > enough ? Math.floor(chance() * nodes.length) : 0
  const found: NodeView[] = []
  for (let i = 0; i < nodes.length && found.length < enough; i++) {
    const node = nodes[(first + i) % nodes.length] as NodeView
    if (test(node)) found.push(node)
  }
  return found
}
