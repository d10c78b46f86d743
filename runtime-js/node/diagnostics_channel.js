// `diagnostics_channel`: named channels, on which packages tell whoever listens what they do.
import { checkFunction, invalidArgType } from "node:internal/errors";

const channels = new Map();

export class Channel {
  #subscribers = [];
  #stores = new Map();

  constructor(name) {
    this.name = name;
  }

  get hasSubscribers() {
    return this.#subscribers.length > 0 || this.#stores.size > 0;
  }

  subscribe(subscriber) {
    checkFunction(subscriber, "subscription");
    // A new list, so that one that is being walked stays as it was.
    this.#subscribers = [...this.#subscribers, subscriber];
  }

  unsubscribe(subscriber) {
    const before = this.#subscribers.length;
    this.#subscribers = this.#subscribers.filter((other) => other !== subscriber);
    return this.#subscribers.length < before;
  }

  bindStore(store, transform) {
    this.#stores.set(store, transform);
  }

  unbindStore(store) {
    return this.#stores.delete(store);
  }

  publish(message) {
    for (const subscriber of this.#subscribers) {
      try {
        subscriber(message, this.name);
      } catch (error) {
        // What a listener does wrong must not stop the one that it listens to.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  runStores(message, callback, self, ...args) {
    let run = () => {
      this.publish(message);
      return Reflect.apply(callback, self, args);
    };
    for (const [store, transform] of this.#stores) {
      const inner = run;
      run = () => store.run(transform === undefined ? message : transform(message), inner);
    }
    return run();
  }
}

export function channel(name) {
  if (typeof name !== "string" && typeof name !== "symbol") throw invalidArgType("channel", ["string", "symbol"], name);
  if (!channels.has(name)) channels.set(name, new Channel(name));
  return channels.get(name);
}

export function hasSubscribers(name) {
  return channels.get(name)?.hasSubscribers ?? false;
}

export function subscribe(name, subscriber) {
  channel(name).subscribe(subscriber);
}

export function unsubscribe(name, subscriber) {
  return channel(name).unsubscribe(subscriber);
}

const STEPS = ["start", "end", "asyncStart", "asyncEnd", "error"];

export class TracingChannel {
  constructor(nameOrChannels) {
    for (const step of STEPS) {
      this[step] = typeof nameOrChannels === "string" ? channel(`tracing:${nameOrChannels}:${step}`) : nameOrChannels[step];
    }
  }

  get hasSubscribers() {
    return STEPS.some((step) => this[step].hasSubscribers);
  }

  subscribe(handlers) {
    for (const step of STEPS) if (handlers[step]) this[step].subscribe(handlers[step]);
  }

  unsubscribe(handlers) {
    return STEPS.every((step) => !handlers[step] || this[step].unsubscribe(handlers[step]));
  }

  /** Publishes the start of some work, what it throws at once, and its end. */
  #run(context, work) {
    return this.start.runStores(context, () => {
      try {
        return work();
      } catch (error) {
        context.error = error;
        this.error.publish(context);
        throw error;
      } finally {
        this.end.publish(context);
      }
    });
  }

  traceSync(callback, context = {}, self, ...args) {
    return this.#run(context, () => (context.result = Reflect.apply(callback, self, args)));
  }

  tracePromise(callback, context = {}, self, ...args) {
    const settled = (key, value) => {
      context[key] = value;
      if (key === "error") this.error.publish(context);
      this.asyncStart.publish(context);
      this.asyncEnd.publish(context);
    };
    return this.#run(context, () =>
      Promise.resolve(Reflect.apply(callback, self, args)).then(
        (value) => (settled("result", value), value),
        (error) => (settled("error", error), Promise.reject(error)),
      ),
    );
  }

  traceCallback(callback, position = -1, context = {}, self, ...args) {
    const original = args.at(position);
    checkFunction(original, "callback");
    const { asyncEnd, asyncStart, error: failed } = this;
    args.splice(position, 1, function (error, value) {
      if (error) context.error = error;
      else context.result = value;
      if (error) failed.publish(context);
      return asyncStart.runStores(context, () => {
        try {
          return Reflect.apply(original, this, arguments);
        } finally {
          asyncEnd.publish(context);
        }
      });
    });
    return this.traceSync(callback, context, self, ...args);
  }
}

export function tracingChannel(nameOrChannels) {
  return new TracingChannel(nameOrChannels);
}

const diagnostics = { Channel, TracingChannel, channel, hasSubscribers, subscribe, tracingChannel, unsubscribe };
export { diagnostics as default, diagnostics as "module.exports" };
