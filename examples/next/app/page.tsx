import {Digit} from './Digit';

export default function Page() {
  return <Digit picture="/digit.svg" />;
}
