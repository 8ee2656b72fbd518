/** The module is not WebAssembly, or not of a kind that can be run here. The message is for its author. */
export class InvalidModule extends Error {
  override readonly name = 'InvalidModule'
}
