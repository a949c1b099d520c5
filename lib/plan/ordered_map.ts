/**
 * Maps batches of items in order while a bounded number of slow results is in progress. Never holds more than one batch, and never gives
 * results out of order.
 */

/**
 * Results of `map`, one by one and in order. A result that is at hand costs no turn of the event loop; of those that must be waited for
 * at most `limit` are in progress. After a failure no further item is begun.
 */
export async function* mapOrdered<Item, Result>(
  batches: AsyncIterable<readonly Item[]>,
  limit: number,
  map: (item: Item) => Result | Promise<Result>,
): AsyncGenerator<Result> {
  for await (const batch of batches) {
    const waiting: (Result | Promise<Result>)[] = [];
    let head = 0;
    let inProgress = 0;
    for (const item of batch) {
      const result = map(item);
      if (result instanceof Promise) {
        // Its failure is thrown when its turn comes; until then nobody waits for it.
        result.catch(() => {});
        inProgress += 1;
      } else if (head === waiting.length) {
        yield result;
        continue;
      }
      waiting.push(result);
      while (inProgress >= limit) {
        const next = waiting[head++] as Result | Promise<Result>;
        if (next instanceof Promise) inProgress -= 1;
        yield await next;
      }
    }
    for (; head < waiting.length; head++) yield await (waiting[head] as Result | Promise<Result>);
  }
}
