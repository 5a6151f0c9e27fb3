// Measures for how long the scripts of a page keep its main thread busy. It has to run before all of them, as a classic
// script: it wraps what calls them back, which is listeners, idle callbacks and timers.
//
// `tasks` gets the milliseconds of each stretch: of calls between which less than a millisecond passed, as the browser
// may have made them in one task. So a stretch is never shorter than the task, and often longer. Calls that `tasksOf`
// leaves out by their event's type are not counted.
(() => {
  const tasks = (window.tasks = []);
  window.tasksOf = () => true;
  let depth = 0;
  let last = -Infinity;
  const note = (begin) => {
    const end = performance.now();
    if (begin - last < 1 && tasks.length > 0) tasks[tasks.length - 1] += end - begin;
    else tasks.push(end - begin);
    last = end;
  };
  const timed = (work, type) =>
    function (...args) {
      // What is called inside of a call is part of it.
      if (depth > 0 || !window.tasksOf(type)) return work.apply(this, args);
      const begin = performance.now();
      depth += 1;
      try {
        return work.apply(this, args);
      } finally {
        depth -= 1;
        note(begin);
      }
    };
  for (const name of ['requestIdleCallback', 'setTimeout']) {
    const original = window[name];
    if (original) window[name] = (work, ...rest) => original.call(window, timed(work, name), ...rest);
  }
  const { addEventListener, removeEventListener } = EventTarget.prototype;
  // One for each listener and type, so that it can be taken away again.
  const wrapped = new WeakMap();
  const wrap = (type, listener) => {
    if (typeof listener !== 'function') return listener;
    const types = wrapped.get(listener) ?? wrapped.set(listener, {}).get(listener);
    return (types[type] ??= timed(listener, type));
  };
  EventTarget.prototype.addEventListener = function (type, listener, options) {
    return addEventListener.call(this ?? window, type, wrap(type, listener), options);
  };
  EventTarget.prototype.removeEventListener = function (type, listener, options) {
    return removeEventListener.call(this ?? window, type, wrap(type, listener), options);
  };
})();
