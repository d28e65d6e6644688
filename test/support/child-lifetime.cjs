// Preloaded into the processes of startProcess(): none of them survives the test that started it, however that ends.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.channel?.unref();
