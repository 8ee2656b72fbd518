/** A few members of something large, where a test needs no more of it. What is there is checked; ids may be plain text. */
export const partOf = <Whole>(part: NoInfer<Part<Whole>>): Whole => part as Whole

type Part<Whole> =
  | Whole
  | (Whole extends string
      ? Text<Whole>
      : Whole extends (...given: infer Given) => infer Answer
        ? Act<Given, Part<Answer>>
        : Whole extends Promise<infer Value>
          ? Promise<Part<Value>>
          : Whole extends readonly (infer Item)[]
            ? readonly Part<Item>[]
            : Whole extends object
              ? { readonly [Name in keyof Whole]?: Part<Whole[Name]> | undefined }
              : never)

/** One of a few words stays one of them. */
type Text<Word extends string> = Record<never, never> extends Record<Word, unknown> ? string : Word

/** As a method: it may take only what the test gives it. */
type Act<Given extends unknown[], Answer> = { act(...given: Given): Answer }['act']
