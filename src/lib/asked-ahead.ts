/** Answers in the order of their questions, of which so many are under way at a time; the first that fails ends it. */
export async function* askedAhead<Question, Answer>(
  questions: Iterable<Question> | AsyncIterable<Question>,
  atOnce: number,
  ask: (question: Question) => Promise<Answer>,
): AsyncGenerator<Answer> {
  const asked: Promise<Answer>[] = []
  for await (const question of questions) {
    const answer = ask(question)
    // Those that are not waited for any more may fail as they like.
    answer.catch(() => {})
    asked.push(answer)
    if (asked.length === atOnce) yield await (asked.shift() as Promise<Answer>)
  }
  for (const answer of asked) yield await answer
}
