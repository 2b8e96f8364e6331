// Workers, a queue and a store as a discrete-event simulation: every image takes its turn at the queue's one thread, then works in a lane of a
// worker, and its requests take their turn at the store.

/**
 * @param options.workers how many
 * @param options.lanes images in flight per worker
 * @param options.images how many
 * @param options.draw seconds of one image in its lane, at random
 * @param options.queueSeconds what one image costs the queue's thread, from taken to told
 * @param options.store `{ puts, gets, latency, putsPerSecond, getsPerSecond }`: requests per image, seconds each, and what the store takes; null: no
 *   limits, and latency within `draw`
 * @param options.startSeconds from the start of a worker to its first image, by its number
 * @returns seconds until the last image is done, and how busy queue and store were (shares of that time)
 */
export function simulate({
  workers,
  lanes,
  images,
  draw,
  queueSeconds,
  store = null,
  startSeconds = () => 0,
}) {
  const heap = new LaneHeap(workers * lanes);
  for (let worker = 0; worker < workers; worker++)
    for (let lane = 0; lane < lanes; lane++) heap.push(startSeconds(worker));
  let queueFree = 0;
  let putFree = 0;
  let getFree = 0;
  let end = 0;
  for (let image = 0; image < images; image++) {
    const asked = heap.least;
    queueFree = Math.max(asked, queueFree) + queueSeconds;
    let done = queueFree + draw();
    if (store !== null) {
      done += (store.puts + store.gets) * store.latency;
      getFree = Math.max(asked, getFree) + store.gets / store.getsPerSecond;
      putFree = Math.max(asked, putFree) + store.puts / store.putsPerSecond;
      // A store that is behind makes the lane wait; its work and the lane's run side by side otherwise.
      done = Math.max(done, getFree, putFree);
    }
    heap.replaceLeast(done);
    if (done > end) end = done;
  }
  return {
    seconds: end,
    perSecond: images / end,
    queueBusy: (images * queueSeconds) / end,
    putBusy: store === null ? 0 : (images * store.puts) / store.putsPerSecond / end,
  };
}

/** Times at which lanes are free; the least is at the top. */
class LaneHeap {
  #times;
  #length = 0;

  constructor(capacity) {
    this.#times = new Float64Array(capacity);
  }

  get least() {
    return this.#times[0];
  }

  push(time) {
    const times = this.#times;
    let at = this.#length++;
    for (let above = (at - 1) >> 1; at > 0 && times[above] > time; above = (at - 1) >> 1) {
      times[at] = times[above];
      at = above;
    }
    times[at] = time;
  }

  replaceLeast(time) {
    const times = this.#times;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= this.#length) break;
      if (below + 1 < this.#length && times[below + 1] < times[below]) below++;
      if (times[below] >= time) break;
      times[at] = times[below];
      at = below;
    }
    times[at] = time;
  }
}

/** Draws from a distribution that is known by its quantiles, evenly spaced from least to most. */
export function fromQuantiles(quantiles, random) {
  return () => {
    const place = random() * (quantiles.length - 1);
    const low = Math.floor(place);
    return quantiles[low] + (place - low) * ((quantiles[low + 1] ?? quantiles[low]) - quantiles[low]);
  };
}

export function quantilesOf(values, count = 101) {
  const sorted = [...values].sort((a, b) => a - b);
  return Array.from(
    { length: count },
    (_, at) => sorted[Math.round((at / (count - 1)) * (sorted.length - 1))],
  );
}
