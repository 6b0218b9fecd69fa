/** Has tfjs take two threads on an isolated page of any machine: it takes half of the cores. For import before tfjs starts. */
Object.defineProperty(navigator, 'hardwareConcurrency', {value: 4});
