/**
 * Answers many questions with few runs of `answerAll`: what is asked while one is on its way waits for the next, which answers all of them.
 * Whoever asks is answered by a run that began after the question. A run that fails fails those it was for, and no other.
 */
export function shareRuns<Question, Answer>(
  answerAll: (questions: readonly Question[]) => Promise<readonly Answer[]>,
): (question: Question) => Promise<Answer> {
  interface Waiting {
    readonly question: Question
    readonly answer: PromiseWithResolvers<Answer>
  }
  let waiting: Waiting[] = []
  let isRunning = false

  async function runAll(): Promise<void> {
    isRunning = true
    while (waiting.length > 0) {
      const asked = waiting
      waiting = []
      try {
        const answers = await answerAll(asked.map(({ question }) => question))
        for (const [at, { answer }] of asked.entries()) answer.resolve(answers[at] as Answer)
      } catch (error) {
        for (const { answer } of asked) answer.reject(error)
      }
    }
    isRunning = false
  }

  return (question) => {
    const answer = Promise.withResolvers<Answer>()
    waiting.push({ question, answer })
    if (!isRunning) void runAll()
    return answer.promise
  }
}
