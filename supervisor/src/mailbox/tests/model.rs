//! Random runs of a mailbox against a model, the simplest mailbox that could be right.

use std::collections::VecDeque;

use super::*;

/// A small generator (xorshift), so that a seed is enough to repeat a run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides as u64).expect("below `sides`")
    }
}

/// The state of a sender in the model.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SenderState {
    Waiting,
    Granted,
    Returned,
}

/// A sender of the mailbox, with its state in the model.
struct Sender<'a> {
    sending: Sending<'a, u32>,
    message: u32,
    woken: Arc<WakeCount>,
    waker: Waker,
    state: SenderState,
}

/// A mailbox, and the model that it has to agree with.
struct Run<'a> {
    mailbox: &'a Mailbox<u32>,
    capacity: usize,
    queue: VecDeque<u32>,
    /// The senders in the order of arrival.
    senders: Vec<Sender<'a>>,
    closed: Option<Closing>,
    life: Option<u64>,
    /// The shortcut of the life, and that of the life before it.
    shortcut: Shortcut<u32>,
    old_shortcut: Shortcut<u32>,
    parked: bool,
    receiver: (Arc<WakeCount>, Waker),
    woken: usize,
    next_message: u32,
    next_life: u64,
}

impl<'a> Run<'a> {
    fn new(mailbox: &'a Mailbox<u32>, capacity: usize) -> Self {
        Self {
            mailbox,
            capacity,
            queue: VecDeque::new(),
            senders: Vec::new(),
            closed: None,
            life: None,
            shortcut: Shortcut::default(),
            old_shortcut: Shortcut::default(),
            parked: false,
            receiver: count_waker(),
            woken: 0,
            next_message: 0,
            next_life: 0,
        }
    }

    fn step(&mut self, dice: &mut Dice) {
        match dice.roll(100) {
            0..20 => self.try_send(),
            20..40 => self.send(),
            40..50 if !self.senders.is_empty() => self.poll_sender(dice.roll(self.senders.len())),
            50..56 if !self.senders.is_empty() => self.drop_sender(dice.roll(self.senders.len())),
            56..76 => self.receive(),
            76..82 => self.try_receive(),
            82..86 => self.receive_in_the_wrong_life(),
            86..91 => self.open(),
            91..95 => self.end_life(),
            95..98 => self.close(Closing::NotRunning),
            98 if dice.roll(20) == 0 => self.close(Closing::Gone),
            98 => self.set_capacity(1 + dice.roll(8)),
            _ => {}
        }
        self.check();
    }

    fn has_room(&self) -> bool {
        let granted =
            self.senders.iter().filter(|sender| sender.state == SenderState::Granted).count();
        self.queue.len() + granted < self.capacity
    }

    fn message(&mut self) -> u32 {
        self.next_message += 1;
        self.next_message
    }

    fn enqueue(&mut self, message: u32) {
        self.queue.push_back(message);
        self.wake_receiver();
    }

    /// Expects the receiver to be woken, if it is parked.
    fn wake_receiver(&mut self) {
        self.woken += usize::from(std::mem::take(&mut self.parked));
    }

    fn grant(&mut self) {
        if self.has_room()
            && let Some(first) =
                self.senders.iter_mut().find(|sender| sender.state == SenderState::Waiting)
        {
            first.state = SenderState::Granted;
            assert_eq!(first.woken.count(), 1, "a sender with a permit is woken");
        }
    }

    fn refusal(&self, message: u32) -> SendError<u32> {
        match self.closed {
            Some(Closing::Gone) => SendError::Gone(message),
            _ => SendError::NotRunning(message),
        }
    }

    fn try_send(&mut self) {
        let message = self.message();
        let expected = if self.closed.is_some() {
            Err(self.refusal(message).into())
        } else if self.has_room() {
            self.enqueue(message);
            Ok(())
        } else {
            Err(TrySendError::Full(message))
        };
        assert_eq!(self.mailbox.try_send(message), expected);
    }

    fn send(&mut self) {
        let message = self.message();
        let (woken, waker) = count_waker();
        let mut sending = self.mailbox.send(message);
        let polled = poll_with(&mut sending, &waker);
        if self.closed.is_some() {
            assert_eq!(polled, Poll::Ready(Err(self.refusal(message))));
        } else if self.has_room() {
            assert_eq!(polled, Poll::Ready(Ok(())));
            self.enqueue(message);
        } else {
            assert_eq!(polled, Poll::Pending);
            let state = SenderState::Waiting;
            self.senders.push(Sender { sending, message, woken, waker, state });
        }
    }

    fn poll_sender(&mut self, index: usize) {
        let sender = &mut self.senders[index];
        let polled = poll_with(&mut sender.sending, &sender.waker);
        let expected = match sender.state {
            SenderState::Waiting => Poll::Pending,
            SenderState::Granted => Poll::Ready(Ok(())),
            SenderState::Returned => {
                let message = sender.message;
                Poll::Ready(Err(self.refusal(message)))
            }
        };
        assert_eq!(polled, expected);
        if polled.is_ready() {
            let sender = self.senders.remove(index);
            if sender.state == SenderState::Granted {
                self.enqueue(sender.message);
            }
        }
    }

    fn drop_sender(&mut self, index: usize) {
        let sender = self.senders.remove(index);
        drop(sender.sending);
        if sender.state == SenderState::Granted {
            self.grant();
        }
    }

    fn receive(&mut self) {
        let Some(life) = self.life else { return };
        let mut cx = TaskContext::from_waker(&self.receiver.1);
        let polled = self.mailbox.poll_recv(life, &mut self.shortcut, &mut cx);
        if let Some(message) = self.queue.pop_front() {
            assert_eq!(polled, Poll::Ready(Some(message)));
            self.grant();
        } else {
            assert_eq!(polled, Poll::Pending);
            self.parked = true;
        }
    }

    /// Receives without a shortcut.
    fn try_receive(&mut self) {
        let Some(life) = self.life else { return };
        let message = self.queue.pop_front();
        assert_eq!(try_recv(self.mailbox, life), message);
        if message.is_some() {
            self.grant();
        }
    }

    fn receive_in_the_wrong_life(&mut self) {
        let wrong = self.next_life + 1;
        assert_eq!(poll_recv(self.mailbox, wrong, &self.receiver.1), Poll::Ready(None));
        assert_eq!(self.mailbox.try_recv(wrong, &mut self.old_shortcut), None);
        if let Some(old) = self.life.unwrap_or(self.next_life).checked_sub(1) {
            assert_eq!(poll_recv(self.mailbox, old, &self.receiver.1), Poll::Ready(None));
        }
    }

    fn open(&mut self) {
        self.mailbox.open(self.next_life);
        if self.closed != Some(Closing::Gone) {
            self.closed = None;
            self.life = Some(self.next_life);
            self.next_life += 1;
            self.hand_over();
        }
    }

    fn end_life(&mut self) {
        if let Some(life) = self.life.take() {
            self.mailbox.end_life(life);
            self.hand_over();
        }
    }

    fn close(&mut self, closing: Closing) {
        let leftovers: VecDeque<u32> = self.mailbox.close(closing).into_iter().collect();
        assert_eq!(leftovers, std::mem::take(&mut self.queue));
        if self.closed != Some(Closing::Gone) {
            self.closed = Some(closing);
        }
        self.life = None;
        self.hand_over();
        for sender in &mut self.senders {
            if sender.state == SenderState::Waiting {
                assert_eq!(sender.woken.count(), 1, "a sender that is sent back is woken");
            }
            sender.state = SenderState::Returned;
        }
    }

    /// Ends receiving by the life that received.
    fn hand_over(&mut self) {
        self.old_shortcut = std::mem::take(&mut self.shortcut);
        self.wake_receiver();
    }

    fn set_capacity(&mut self, capacity: usize) {
        self.mailbox.set_capacity(capacity);
        self.capacity = capacity;
        while self.has_room()
            && self.senders.iter().any(|sender| sender.state == SenderState::Waiting)
        {
            self.grant();
        }
    }

    fn check(&self) {
        assert_eq!(self.mailbox.len(), self.queue.len());
        if let Some(times) = self.mailbox.lock().times() {
            let is_waiting = |sender: &&Sender<'_>| sender.state != SenderState::Returned;
            let waiting = self.senders.iter().filter(is_waiting).count();
            assert_eq!(times.noted(), (self.queue.len(), waiting), "noted times");
        }
        assert_eq!(self.receiver.0.count(), self.woken, "wakes of the receiver");
        for sender in &self.senders {
            let count = usize::from(sender.state != SenderState::Waiting);
            assert_eq!(sender.woken.count(), count, "woken of a sender");
        }
    }
}

#[test]
fn a_mailbox_behaves_like_its_model() {
    for seed in 1..=300 {
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(seed));
        let capacity = 1 + dice.roll(8);
        let mailbox = Mailbox::new(capacity);
        mailbox.set_histograms(seed % 2 == 0);
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let mut run = Run::new(&mailbox, capacity);
            for _ in 0..400 {
                run.step(&mut dice);
            }
        }));
        assert!(outcome.is_ok(), "seed {seed} behaves differently, see above");
    }
}
