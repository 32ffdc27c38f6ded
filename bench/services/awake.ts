/** Keeps the CPU that it runs on from going to sleep, for as long as the process that started it is there. */
const parent = process.ppid
while (process.ppid === parent) for (let i = 0; i < 100_000; i++);
