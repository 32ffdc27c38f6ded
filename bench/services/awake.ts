/** Keeps the CPU that it runs on from going to sleep, for as long as who started it is there. */
const parent = Number(process.argv[2])
while (process.ppid === parent) for (let i = 0; i < 100_000; i++);
