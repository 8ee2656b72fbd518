/** Reads JSON that holds secrets: what the platform says of broken JSON quotes it, and that goes to the owner of a job. */
export function secretJson<Value>(text: string, name: string): Value {
  try {
    return JSON.parse(text) as Value
  } catch {
    throw new Error(`${name} is no valid JSON`)
  }
}
