//! The contract of [`crate::ports::Queue`].

use super::Elapse;
use crate::fixture::owner;
use crate::ports::queue::{Delivery, MAX_BATCH, MAX_BODY_BYTES, MAX_DELAY, MessageGroup, NewMessage};
use crate::ports::{PortErrorKind, Queue};
use crate::{QueueName, Stage, TenantId, UserId};
use std::collections::BTreeSet;
use std::time::Duration;

const QUEUE: QueueName = QueueName::of(Stage::FaceDetection);
const VISIBILITY: Duration = Duration::from_secs(30);

fn message(body: &str) -> NewMessage {
    NewMessage::new(body, None)
}

async fn send(queue: &dyn Queue, bodies: &[&str]) {
    let messages = bodies.iter().map(|body| message(body)).collect();
    queue.send(QUEUE, messages).await.expect("sending works");
}

async fn receive(queue: &dyn Queue, most: usize) -> Vec<Delivery> {
    queue.receive(QUEUE, most, VISIBILITY, Duration::ZERO).await.expect("receiving works")
}

async fn receive_one(queue: &dyn Queue) -> Delivery {
    receive(queue, 1).await.pop().expect("a message is there")
}

/// A message is delivered again after its visibility timeout, with a higher count, until it is acknowledged.
pub async fn delivers_until_acknowledged(queue: &dyn Queue, time: &dyn Elapse) {
    send(queue, &["a"]).await;
    let first = receive_one(queue).await;
    assert_eq!((first.body.as_str(), first.receive_count), ("a", 1));
    assert!(receive(queue, 1).await.is_empty(), "it is hidden while it is in flight");
    time.elapse(VISIBILITY + Duration::from_secs(1)).await;
    let second = receive_one(queue).await;
    assert_eq!((second.receive_count, &second.message_id), (2, &first.message_id));
    queue.acknowledge(QUEUE, &[second.receipt]).await.expect("acknowledging works");
    time.elapse(VISIBILITY + Duration::from_secs(1)).await;
    assert!(receive(queue, 1).await.is_empty(), "what was acknowledged is gone");
}

/// Of two holders of one message the first, whose time ran out, can neither delete nor keep it.
pub async fn a_stale_receipt_does_nothing(queue: &dyn Queue, time: &dyn Elapse) {
    send(queue, &["a"]).await;
    let stale = receive_one(queue).await;
    time.elapse(VISIBILITY + Duration::from_secs(1)).await;
    let holder = receive_one(queue).await;
    queue
        .acknowledge(QUEUE, std::slice::from_ref(&stale.receipt))
        .await
        .expect("a stale receipt is no error");
    let refused =
        queue.extend(QUEUE, &stale.receipt, VISIBILITY).await.expect_err("a stale receipt extends nothing");
    assert_eq!(refused.kind, PortErrorKind::NotFound);
    queue.extend(QUEUE, &holder.receipt, Duration::ZERO).await.expect("the holder still has it");
    assert_eq!(receive_one(queue).await.receive_count, 3);
}

/// Extending keeps a message hidden; zero gives it back at once.
pub async fn extending_moves_the_visibility(queue: &dyn Queue, time: &dyn Elapse) {
    send(queue, &["a"]).await;
    let held = receive_one(queue).await;
    time.elapse(VISIBILITY - Duration::from_secs(5)).await;
    queue.extend(QUEUE, &held.receipt, VISIBILITY).await.expect("it is still ours");
    time.elapse(Duration::from_secs(10)).await;
    assert!(receive(queue, 1).await.is_empty(), "extended beyond its first timeout");
    queue.extend(QUEUE, &held.receipt, Duration::ZERO).await.expect("it is still ours");
    assert_eq!(receive_one(queue).await.receive_count, 2);
}

/// A delayed message is hidden until its time.
pub async fn a_delay_hides(queue: &dyn Queue, time: &dyn Elapse) {
    let delayed = NewMessage { delay: Duration::from_secs(10), ..message("later") };
    queue.send(QUEUE, vec![delayed, message("now")]).await.expect("sending works");
    assert_eq!(receive_one(queue).await.body, "now");
    assert!(receive(queue, 1).await.is_empty());
    time.elapse(Duration::from_secs(11)).await;
    assert_eq!(receive_one(queue).await.body, "later");
}

/// After the queue's limit of receives the message is in the dead letters, and only there. `max_receives` is the
/// backend's setting.
pub async fn too_many_receives_make_a_dead_letter(queue: &dyn Queue, time: &dyn Elapse, max_receives: u32) {
    send(queue, &["poison", "fine"]).await;
    for _ in 0..max_receives {
        let delivered = receive(queue, MAX_BATCH).await;
        let fine: Vec<_> = delivered.iter().filter(|d| d.body == "fine").map(|d| d.receipt.clone()).collect();
        queue.acknowledge(QUEUE, &fine).await.expect("acknowledging works");
        assert!(delivered.iter().any(|delivery| delivery.body == "poison"));
        time.elapse(VISIBILITY + Duration::from_secs(1)).await;
    }
    assert!(receive(queue, MAX_BATCH).await.is_empty(), "poison does not loop");
    let dead = queue
        .receive(QUEUE.dead_letters(), 10, VISIBILITY, Duration::from_secs(5))
        .await
        .expect("receiving works");
    assert_eq!(dead.iter().map(|d| d.body.as_str()).collect::<Vec<_>>(), ["poison"]);
    queue.acknowledge(QUEUE.dead_letters(), &[dead[0].receipt.clone()]).await.expect("acknowledging works");
}

/// Bodies and delays over the limits, and too many messages, are refused by name, and nothing is sent.
pub async fn refuses_what_is_over_the_limits(queue: &dyn Queue) {
    let too_large = message(&"x".repeat(MAX_BODY_BYTES + 1));
    let too_late = NewMessage { delay: MAX_DELAY + Duration::from_secs(1), ..message("x") };
    let too_many = vec![message("x"); MAX_BATCH + 1];
    for messages in [vec![message("x"), too_large], vec![too_late], too_many] {
        let refused = queue.send(QUEUE, messages).await.expect_err("over the limit");
        assert_eq!(refused.kind, PortErrorKind::Denied);
    }
    assert!(receive(queue, 1).await.is_empty());
    let largest = "x".repeat(MAX_BODY_BYTES);
    send(queue, &[&largest]).await;
    assert_eq!(receive_one(queue).await.body.len(), MAX_BODY_BYTES);
}

/// Bodies come out as they went in.
pub async fn bodies_survive(queue: &dyn Queue) {
    let bodies = ["{\"a\":\"\\u0000\"}", "ключ 🎵", " leading and trailing ", "\"quoted\"\n\ttabs"];
    send(queue, &bodies).await;
    let mut received = BTreeSet::new();
    for _ in bodies {
        received.insert(receive_one(queue).await.body);
    }
    assert_eq!(received, bodies.map(String::from).into());
}

/// A busy tenant does not starve another. For backends whose groups take strict turns (SQS is fair on average).
pub async fn groups_take_turns(queue: &dyn Queue) {
    let of = |group: &str, n: usize| NewMessage::new(format!("{group}{n}"), Some(MessageGroup::new(group)));
    queue.send(QUEUE, (0..9).map(|n| of("busy", n)).collect()).await.expect("sending works");
    queue.send(QUEUE, (0..2).map(|n| of("quiet", n)).collect()).await.expect("sending works");
    let mut first: Vec<String> = Vec::new();
    for _ in 0..4 {
        first.push(receive_one(queue).await.body);
    }
    let quiet = first.iter().filter(|body| body.starts_with("quiet")).count();
    assert_eq!(quiet, 2, "half of the turns: {first:?}");
}

/// The orders of one user do not delay another user of the same tenant by more than one of them, nor replays a live
/// message. For backends whose groups take strict turns.
pub async fn users_take_turns(queue: &dyn Queue) {
    let (tenant, user) = owner();
    let other = UserId::parse("bob").expect("a legal user id");
    let order = |group: &MessageGroup, body: &str| NewMessage::new(body, Some(group.clone()));
    let (busy, quiet) = (MessageGroup::live(&tenant, &user), MessageGroup::live(&tenant, &other));
    for group in [&busy, &MessageGroup::replay(&tenant, &other)] {
        for _ in 0..150 {
            queue.send(QUEUE, vec![order(group, "order"); MAX_BATCH]).await.expect("sending works");
        }
    }
    receive_one(queue).await;
    queue.send(QUEUE, vec![order(&quiet, "photo")]).await.expect("sending works");
    let next = [receive_one(queue).await.body, receive_one(queue).await.body];
    assert!(next.contains(&"photo".to_owned()), "{next:?}");
}

/// Groups of the longest ids are accepted.
pub async fn groups_of_long_ids_are_accepted(queue: &dyn Queue) {
    let tenant = TenantId::parse(&"t".repeat(64)).expect("a legal tenant id");
    let user = UserId::parse(&"u".repeat(64)).expect("a legal user id");
    let groups = [MessageGroup::live(&tenant, &user), MessageGroup::replay(&tenant, &user)];
    let messages = groups.map(|group| NewMessage::new("a", Some(group)));
    queue.send(QUEUE, messages.into()).await.expect("sending works");
    for _ in 0..2 {
        assert_eq!(receive_one(queue).await.body, "a");
    }
}

/// Live messages of all tenants go before replays; of backends whose groups take strict turns.
pub async fn live_goes_before_replay(queue: &dyn Queue) {
    let of = |group: &str| NewMessage::new(group, Some(MessageGroup::new(group)));
    queue.send(QUEUE, vec![of("acme:replay"), of("acme:replay"), of("zoo")]).await.expect("sending works");
    assert_eq!(receive_one(queue).await.body, "zoo");
    assert_eq!(receive_one(queue).await.body, "acme:replay");
}

/// A receiver that waits gets what is sent, delayed or given back meanwhile.
pub async fn waiting_ends_with_the_message(queue: &dyn Queue, time: &dyn Elapse) {
    let patience = Duration::from_secs(20);
    let waiting = async { queue.receive(QUEUE, 1, VISIBILITY, patience).await.expect("receiving works") };
    let (received, ()) = futures_join(waiting, send(queue, &["a"])).await;
    assert_eq!(received.len(), 1);
    let held = received.into_iter().next().expect("one was received");
    let waiting = async { queue.receive(QUEUE, 1, VISIBILITY, patience).await.expect("receiving works") };
    let giving_back =
        async { queue.extend(QUEUE, &held.receipt, Duration::from_secs(5)).await.expect("it is ours") };
    let timing = async {
        giving_back.await;
        time.elapse(Duration::from_secs(6)).await;
    };
    let (received, ()) = futures_join(waiting, timing).await;
    assert_eq!(received.first().map(|delivery| delivery.receive_count), Some(2));
}

/// Two futures at once, on one task; the domain has no runtime to do it with.
async fn futures_join<A, B>(a: impl Future<Output = A>, b: impl Future<Output = B>) -> (A, B) {
    let (mut a, mut b) = (std::pin::pin!(a), std::pin::pin!(b));
    let (mut left, mut right) = (None, None);
    std::future::poll_fn(|context| {
        if left.is_none()
            && let std::task::Poll::Ready(value) = a.as_mut().poll(context)
        {
            left = Some(value);
        }
        if right.is_none()
            && let std::task::Poll::Ready(value) = b.as_mut().poll(context)
        {
            right = Some(value);
        }
        match (left.take(), right.take()) {
            (Some(l), Some(r)) => std::task::Poll::Ready((l, r)),
            (l, r) => {
                (left, right) = (l, r);
                std::task::Poll::Pending
            }
        }
    })
    .await
}

/// No message is delivered to two receivers at a time, and none is forgotten. `receivers` run beside each other, each
/// on a handle of its own.
pub async fn each_delivery_has_one_holder(queue: &dyn Queue, deliveries: Vec<Vec<Delivery>>, sent: usize) {
    let ids: Vec<String> = deliveries.into_iter().flatten().map(|delivery| delivery.message_id).collect();
    let distinct: BTreeSet<&String> = ids.iter().collect();
    assert_eq!(distinct.len(), ids.len(), "a message had two holders");
    assert_eq!(ids.len(), sent, "a message was forgotten");
    assert!(receive(queue, 1).await.is_empty());
}

/// Depth counts what can be received and what is hidden.
pub async fn depth_counts(queue: &dyn Queue, time: &dyn Elapse) {
    assert_eq!(queue.depth(QUEUE).await.expect("counting works").visible, 0);
    send(queue, &["a", "b", "c"]).await;
    receive_one(queue).await;
    time.elapse(Duration::from_secs(2)).await;
    let depth = queue.depth(QUEUE).await.expect("counting works");
    assert_eq!((depth.visible, depth.hidden), (2, 1));
}

/// Depth has the age of the oldest message. For backends that know it.
pub async fn depth_tells_the_age(queue: &dyn Queue, time: &dyn Elapse) {
    assert_eq!(queue.depth(QUEUE).await.expect("counting works").oldest, None);
    send(queue, &["a"]).await;
    time.elapse(Duration::from_secs(2)).await;
    let depth = queue.depth(QUEUE).await.expect("counting works");
    assert!(depth.oldest.is_some_and(|age| age >= Duration::from_secs(2)));
}
