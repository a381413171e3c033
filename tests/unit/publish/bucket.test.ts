/** The bucket in memory keeps what every sink promises, as the real one does. */
import { sinkContract } from '../../support/sink-contract.ts';
import { fakeBucket } from './bucket.ts';

sinkContract('the bucket in memory', () => {
  const { sink, remains } = fakeBucket();
  return Promise.resolve({
    sink,
    keys: () => Promise.resolve([...remains.objects.keys()]),
    read: (key) => Promise.resolve(Buffer.from(remains.objects.get(key)!)),
    uploads: () => Promise.resolve(Array.from(remains.uploads.values(), ({ key }) => key)),
  });
});
