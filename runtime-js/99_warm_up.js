// Runs once, when the snapshot is made: does what every execution does, with nothing at stake, so that
// V8 has compiled it and the compiled code is in the snapshot. It sets no timer: deno_core remembers when
// the next one is due, and the snapshot would carry that time into every isolate, which then waits for it.
((globalThis) => {
  "use strict";
  const { bind } = globalThis.__vestibule;
  const shape = [
    [["first", "chain"], 0, 2],
    [["first", "value"], 2, 1],
    [["second", "nothing"], 1, 0],
    [["third", "change"], 0, 1],
    [["later"], 3, 1],
  ];
  // Twice, because V8 compiles some things only when they run again.
  for (let round = 0; round < 2; round++) {
    const event = { user: { name: "x" } };
    const api = bind(event, '{"NAME":"value"}', JSON.stringify(shape), 10, 10000);
    api.first.chain("key", "value").first.chain("key", { nested: [1, true, null, "text"] });
    api.first.value(1);
    api.second.nothing();
    api.third.change(event.secrets.NAME, undefined);
    console.log("text");
    console.info("warm-up");
  }
})(globalThis);
