/** A kind of mistake that brokers and clients were found to make. Scenarios name those they detect in `bugs`. */
export type BugClass = {
  group: string
  side: string
  /** Versions in which it can occur. */
  version: 'both' | '5' | '3.1.1'
  title: string
}

/** All classes by id: R receiver of QoS 2, S sender, SP session present, Q QoS rules, T topics, C codec. */
export const bugClasses: ReadonlyMap<string, BugClass> = new Map<string, BugClass>([
  [
    'R01',
    {
      group: 'receiver-qos2',
      side: 'receiver',
      version: 'both',
      title: 'Receiver does not deduplicate a repeated PUBLISH on the same connection',
    },
  ],
  [
    'R02',
    {
      group: 'receiver-qos2',
      side: 'receiver',
      version: 'both',
      title: 'Receiver forgets seen packet ids on reconnect',
    },
  ],
  [
    'R03',
    {
      group: 'receiver-qos2',
      side: 'receiver',
      version: 'both',
      title: 'Receiver answers PUBCOMP (or nothing) on resume but the held message is gone',
    },
  ],
  [
    'R04',
    {
      group: 'receiver-qos2+sender',
      side: 'broker/client',
      version: 'both',
      title:
        'Handshake state (dedup ids, held messages, in-flight ids) does not survive a process restart or kill -9',
    },
  ],
  [
    'R05',
    {
      group: 'receiver-qos2',
      side: 'receiver',
      version: 'both',
      title: 'DUP=1 treated as proof that the message was already received',
    },
  ],
  [
    'R06',
    {
      group: 'receiver-qos2',
      side: 'receiver',
      version: 'both',
      title: 'Repeat recognised only if DUP=1 (repeat with DUP=0 is error or new message)',
    },
  ],
  [
    'R07',
    {
      group: 'receiver-qos2',
      side: 'receiver',
      version: 'both',
      title: 'Repeat of a held id rejected (PUBREC 0x91, DISCONNECT, or process crash)',
    },
  ],
  [
    'R08',
    {
      group: 'receiver-qos2',
      side: 'receiver',
      version: 'both',
      title: 'Repeat of a held id ignored silently (no PUBREC)',
    },
  ],
  [
    'R09',
    {
      group: 'receiver-qos2',
      side: 'receiver',
      version: '5',
      title: 'The n-th repeat fails: repeats consume receive quota / counter',
    },
  ],
  [
    'R10',
    {
      group: 'receiver-qos2',
      side: 'receiver',
      version: 'both',
      title: 'PUBREL for an unknown id gets no PUBCOMP, peer is stuck forever',
    },
  ],
  [
    'R11',
    {
      group: 'receiver-qos2',
      side: 'receiver',
      version: 'both',
      title: 'PUBREL for an unknown/completed id closes the connection, then reconnect storm',
    },
  ],
  [
    'R12',
    {
      group: 'receiver-qos2',
      side: 'receiver',
      version: '5',
      title: 'PUBREL for an id that IS held answered 0x92 (not found), or unknown id answered 0x00',
    },
  ],
  [
    'R13',
    {
      group: 'receiver-qos2',
      side: 'receiver',
      version: 'both',
      title:
        'Id not released after PUBCOMP: the next message with that id is swallowed or rejected',
    },
  ],
  [
    'R14',
    {
      group: 'receiver-qos2',
      side: 'receiver',
      version: '5',
      title: 'After PUBREC >= 0x80 the id stays held, retry is swallowed',
    },
  ],
  [
    'R15',
    {
      group: 'receiver-qos2',
      side: 'receiver',
      version: 'both',
      title: 'Dedup ids survive a session that was discarded (SP=0 / clean start)',
    },
  ],
  [
    'R16',
    {
      group: 'receiver-qos2',
      side: 'receiver',
      version: 'both',
      title:
        'A timer expires the dedup id before PUBREL (late DUP delivered twice, or message lost)',
    },
  ],
  [
    'R17',
    {
      group: 'receiver-qos2',
      side: 'receiver',
      version: 'both',
      title: 'Ids held by a vanished publisher are never released: inbound window fills',
    },
  ],
  [
    'R18',
    {
      group: 'receiver-qos2',
      side: 'receiver',
      version: 'both',
      title: 'Inbound and outbound packet ids share one table',
    },
  ],
  [
    'R19',
    {
      group: 'receiver-qos2',
      side: 'receiver',
      version: 'both',
      title: 'QoS 1 PUBLISH matched against held QoS 2 ids (answers PUBREC) or vice versa',
    },
  ],
  [
    'R20',
    {
      group: 'receiver-qos2',
      side: 'receiver',
      version: 'both',
      title: 'PUBREL releases the wrong message or loses its QoS/retain (uses last parsed PUBLISH)',
    },
  ],
  [
    'R21',
    {
      group: 'receiver-qos2',
      side: 'receiver',
      version: 'both',
      title: 'A second PUBREL delivers the message again',
    },
  ],
  [
    'R22',
    {
      group: 'receiver-qos2',
      side: 'receiver',
      version: 'both',
      title: 'Receiver sends PUBREC spontaneously (timer, or at reconnect, or twice per PUBLISH)',
    },
  ],
  [
    'R23',
    {
      group: 'receiver-qos2',
      side: 'receiver',
      version: 'both',
      title: 'QoS 2 PUBLISH acknowledged with PUBACK (also on refusal or broker downgrade)',
    },
  ],
  [
    'R24',
    {
      group: 'receiver-qos2',
      side: 'client as receiver',
      version: 'both',
      title: 'Client never answers PUBREL (no QoS 2 receive state machine)',
    },
  ],
  [
    'R25',
    {
      group: 'receiver-qos2',
      side: 'receiver',
      version: 'both',
      title:
        'State recorded after the application is told (exception / slow handler / re-entrancy gives a second delivery)',
    },
  ],
  [
    'R26',
    {
      group: 'receiver-qos2',
      side: 'broker as receiver',
      version: 'both',
      title: 'Held message is delivered without re-checking permission after resume',
    },
  ],
  [
    'R27',
    {
      group: 'receiver-qos2',
      side: 'receiver',
      version: 'both',
      title:
        'Unbounded receive store: repeats or never-PUBREL leak memory; advertised Receive Maximum not enforced',
    },
  ],
  [
    'R28',
    {
      group: 'receiver-qos2',
      side: 'receiver/sender',
      version: '5',
      title:
        'Properties / retain flag / expiry / subscription id lost on the QoS 2 (or stored) path only',
    },
  ],
  [
    'R29',
    {
      group: 'receiver-qos2',
      side: 'broker',
      version: '3.1.1',
      title: 'Dedup by monotonic counter instead of packet id',
    },
  ],
  [
    'R30',
    {
      group: 'receiver-qos2',
      side: 'broker as receiver',
      version: 'both',
      title: 'A refused QoS 1/2 PUBLISH is never acknowledged and never disconnected',
    },
  ],
  [
    'S01',
    {
      group: 'sender',
      side: 'sender',
      version: 'both',
      title: 'After PUBREC the sender re-sends PUBLISH instead of PUBREL on resume',
    },
  ],
  [
    'S02',
    {
      group: 'sender',
      side: 'sender',
      version: 'both',
      title: 'Owed PUBREL not re-sent on resume (exchange silently dropped or stuck)',
    },
  ],
  [
    'S03',
    {
      group: 'sender',
      side: 'sender',
      version: 'both',
      title: 'Unacknowledged PUBLISH not re-sent on resume',
    },
  ],
  [
    'S04',
    {
      group: 'sender',
      side: 'sender',
      version: 'both',
      title: 'Second cut during the resume loses messages',
    },
  ],
  [
    'S05',
    { group: 'sender', side: 'sender', version: 'both', title: 'DUP not set on re-delivery' },
  ],
  [
    'S06',
    {
      group: 'sender',
      side: 'sender',
      version: 'both',
      title: 'DUP set on the first transmission',
    },
  ],
  [
    'S07',
    {
      group: 'sender',
      side: 'sender',
      version: 'both',
      title: 'DUP (0x08) set on re-sent PUBREL / SUBSCRIBE',
    },
  ],
  [
    'S08',
    {
      group: 'sender',
      side: 'sender',
      version: 'both',
      title: 'PUBREL fixed-header flags wrong (0x60, 0x64, 0x66)',
    },
  ],
  [
    'S09',
    {
      group: 'sender',
      side: 'broker as sender',
      version: 'both',
      title: 'Incoming DUP copied to outgoing PUBLISH',
    },
  ],
  [
    'S10',
    {
      group: 'sender',
      side: 'sender',
      version: 'both',
      title: 'DUP set on or retry done for QoS 0',
    },
  ],
  [
    'S11',
    { group: 'sender', side: 'sender', version: 'both', title: 'New packet id on re-delivery' },
  ],
  [
    'S12',
    {
      group: 'sender',
      side: 'sender',
      version: 'both',
      title: 'Packet id 0 used on wrap-around or on some path',
    },
  ],
  [
    'S13',
    {
      group: 'sender',
      side: 'sender',
      version: 'both',
      title: 'Id counter wider or narrower than 16 bits (8-bit, >65535, signed)',
    },
  ],
  [
    'S14',
    {
      group: 'sender',
      side: 'sender',
      version: 'both',
      title: 'Packet id reused while still in flight',
    },
  ],
  [
    'S15',
    {
      group: 'sender',
      side: 'sender',
      version: 'both',
      title: 'Wrap-around meets an in-use id: crash, endless loop, "key exists"',
    },
  ],
  [
    'S16',
    {
      group: 'sender',
      side: 'sender',
      version: 'both',
      title: 'Allocator restarts at 1 after reconnect/restart/idle and collides with restored ids',
    },
  ],
  [
    'S17',
    {
      group: 'sender',
      side: 'broker as sender',
      version: 'both',
      title: 'Id returned twice to the pool (duplicate ack) and handed out to two messages',
    },
  ],
  [
    'S18',
    {
      group: 'sender',
      side: 'client as sender',
      version: 'both',
      title: 'Race in id allocation gives one id to two messages',
    },
  ],
  [
    'S19',
    {
      group: 'sender',
      side: 'sender',
      version: 'both',
      title: 'SUBSCRIBE/UNSUBSCRIBE ids not in the same pool as PUBLISH ids',
    },
  ],
  [
    'S20',
    {
      group: 'sender',
      side: 'sender',
      version: 'both',
      title: 'Packet id leaked (expiry, oversize, refused, unsubscribe, error path)',
    },
  ],
  [
    'S21',
    {
      group: 'sender',
      side: 'sender',
      version: 'both',
      title: 'Id or stored state released at PUBREC instead of PUBCOMP',
    },
  ],
  [
    'S22',
    {
      group: 'sender',
      side: 'sender',
      version: '5',
      title: 'PUBREC >= 0x80 answered by PUBREL / reported as success',
    },
  ],
  [
    'S23',
    {
      group: 'sender',
      side: 'sender',
      version: '5',
      title: 'PUBREC >= 0x80 not treated as final: PUBLISH re-sent on every resume',
    },
  ],
  [
    'S24',
    {
      group: 'sender',
      side: 'sender',
      version: '5',
      title: 'PUBREC 0x10 (no matching subscribers) treated as error',
    },
  ],
  [
    'S25',
    {
      group: 'sender',
      side: 'sender',
      version: 'both',
      title: 'PUBREC for unknown id ignored, then receiver keeps it for ever',
    },
  ],
  [
    'S26',
    {
      group: 'sender',
      side: 'both',
      version: 'both',
      title: 'Stray acknowledgement is fatal (panic / disconnect loop)',
    },
  ],
  [
    'S27',
    {
      group: 'sender',
      side: 'sender',
      version: 'both',
      title: 'Duplicate PUBREC crashes the session',
    },
  ],
  [
    'S28',
    {
      group: 'sender',
      side: 'sender',
      version: 'both',
      title:
        'Wrong acknowledgement type completes the exchange (PUBACK for QoS 2, PUBREC for QoS 1, PUBCOMP without PUBREC)',
    },
  ],
  [
    'S29',
    {
      group: 'sender',
      side: 'sender',
      version: '5',
      title: 'Timer-based re-send on a live connection',
    },
  ],
  [
    'S30',
    {
      group: 'sender',
      side: 'sender',
      version: 'both',
      title: 'Message dropped after a number of retries / age',
    },
  ],
  [
    'S31',
    {
      group: 'sender',
      side: 'both',
      version: 'both',
      title: 'Ack processing queued behind the full window: deadlock',
    },
  ],
  [
    'S32',
    { group: 'sender', side: 'sender', version: '5', title: "Peer's Receive Maximum ignored" },
  ],
  [
    'S33',
    {
      group: 'sender',
      side: 'sender',
      version: '5',
      title: 'Receive Maximum ignored when re-sending on resume (esp. when smaller than before)',
    },
  ],
  [
    'S34',
    {
      group: 'sender',
      side: 'sender',
      version: 'both',
      title:
        'Send quota not reset at the new connection (inherits exhausted quota), then nothing flows',
    },
  ],
  [
    'S35',
    {
      group: 'sender',
      side: 'sender',
      version: 'both',
      title: 'Quota slot leaked per exchange on some path',
    },
  ],
  [
    'S36',
    {
      group: 'sender',
      side: 'sender',
      version: '5',
      title: 'Quota inflated by stray or duplicate acks',
    },
  ],
  [
    'S37',
    {
      group: 'sender',
      side: 'both',
      version: 'both',
      title: 'Window counts the wrong thing (other direction, QoS 0, SUBSCRIBE, per-QoS pools)',
    },
  ],
  [
    'S38',
    {
      group: 'sender',
      side: 'client as sender',
      version: '5',
      title: 'Re-send counted again / PUBCOMP not counted',
    },
  ],
  [
    'S39',
    {
      group: 'sender',
      side: 'broker as receiver',
      version: '5',
      title:
        'Response to Receive Maximum violation wrong (PUBREC 0x93/0x97, DISCONNECT 0x82, or nothing)',
    },
  ],
  [
    'S40',
    {
      group: 'sender',
      side: 'broker',
      version: '5',
      title: 'Advertised Receive Maximum differs from the enforced one',
    },
  ],
  ['S41', { group: 'codec', side: 'broker', version: '5', title: 'CONNACK carries Maximum QoS=2' }],
  [
    'S42',
    {
      group: 'sender',
      side: 'sender',
      version: '5',
      title: 'Expiry interval ends a QoS 2 exchange already started (after PUBLISH or PUBREC)',
    },
  ],
  [
    'S43',
    {
      group: 'sender',
      side: 'sender',
      version: '5',
      title: 'Expired entry stuck in queue, or expiry interval not decremented',
    },
  ],
  [
    'S44',
    {
      group: 'sender',
      side: 'sender',
      version: 'both',
      title: 'Message queued twice (offline + persisted, retained + queued, on CONNACK)',
    },
  ],
  [
    'S45',
    { group: 'sender', side: 'sender', version: 'both', title: 'Order broken after reconnect' },
  ],
  [
    'S46',
    {
      group: 'sender',
      side: 'broker',
      version: 'both',
      title: 'Order broken by a side path (rate limit, retained snapshot, QoS 0 bypass)',
    },
  ],
  [
    'S47',
    {
      group: 'sender',
      side: 'sender',
      version: 'both',
      title: 'In-flight window of 1 does not serialise exchanges',
    },
  ],
  [
    'S48',
    {
      group: 'sender',
      side: 'broker',
      version: 'both',
      title: 'State restored to the wrong client/session after restart',
    },
  ],
  [
    'S49',
    {
      group: 'sender',
      side: 'broker',
      version: 'both',
      title: 'After restart one subscriber or a restarted subscription receives nothing',
    },
  ],
  [
    'S50',
    {
      group: 'sender',
      side: 'broker',
      version: 'both',
      title: 'Unsubscribe / re-subscribe with lower QoS while in flight corrupts state',
    },
  ],
  [
    'S51',
    {
      group: 'session',
      side: 'broker',
      version: 'both',
      title: 'Take-over race loses, duplicates or leaks session',
    },
  ],
  [
    'S52',
    {
      group: 'sender',
      side: 'both',
      version: 'both',
      title: 'Acknowledgement of the old connection sent on the new one',
    },
  ],
  [
    'S53',
    {
      group: 'session',
      side: 'client as sender',
      version: 'both',
      title:
        'Client re-sends old ids/PUBRELs though CONNACK said Session Present=0 (or drops queue although SP=1)',
    },
  ],
  [
    'S54',
    {
      group: 'sender',
      side: 'both',
      version: 'both',
      title: 'Resume wedge: an unfinished exchange blocks all later traffic',
    },
  ],
  [
    'S55',
    {
      group: 'client',
      side: 'client',
      version: 'both',
      title:
        "Client's connect/resume event never fires or pending calls are lost with unfinished QoS 2",
    },
  ],
  [
    'S56',
    {
      group: 'sender',
      side: 'sender',
      version: 'both',
      title: 'Ack arrives before the record is stored',
    },
  ],
  [
    'S57',
    {
      group: 'sender',
      side: 'sender',
      version: '5',
      title:
        'Stored PUBLISH carries a topic alias / empty topic / stale broker limits into a new connection',
    },
  ],
  [
    'S58',
    {
      group: 'sender',
      side: 'broker',
      version: 'both',
      title: 'PUBREL/PUBCOMP dropped when the outgoing queue is full',
    },
  ],
  [
    'S59',
    {
      group: 'session',
      side: 'broker',
      version: 'both',
      title: 'Packets sent before CONNACK, or queued data lost at accept',
    },
  ],
  [
    'S60',
    {
      group: 'sender',
      side: 'broker as sender',
      version: '5',
      title: 'Maximum Packet Size off by one, or an oversize message stalls/crashes the queue',
    },
  ],
  [
    'S61',
    {
      group: 'sender',
      side: 'sender',
      version: 'both',
      title: 'Acks out of send order are ignored',
    },
  ],
  [
    'S62',
    {
      group: 'client',
      side: 'client as sender',
      version: 'both',
      title: 'Client silently sends at a lower QoS',
    },
  ],
  [
    'S63',
    {
      group: 'sender',
      side: 'both',
      version: 'both',
      title:
        'Message acknowledged on the wire but not handed to the application after reconnect/restart',
    },
  ],
  [
    'S64',
    {
      group: 'sender',
      side: 'broker',
      version: 'both',
      title:
        'Queue overflow or internal race drops/duplicates a QoS 2 message while reporting success',
    },
  ],
  [
    'S65',
    {
      group: 'sender',
      side: 'sender',
      version: 'both',
      title: 'Sender never sends PUBREL (no QoS 2 send state machine)',
    },
  ],
  [
    'SP1',
    {
      group: 'session',
      side: 'broker',
      version: 'both',
      title: 'Session Present always 0 or 0 while state exists',
    },
  ],
  [
    'SP2',
    {
      group: 'session',
      side: 'broker',
      version: 'both',
      title: 'Session Present 1 on clean start / refused / no session',
    },
  ],
  [
    'SP3',
    {
      group: 'session',
      side: 'broker',
      version: 'both',
      title: 'Clean session state survives restart; expired sessions revived',
    },
  ],
  [
    'SP4',
    {
      group: 'session',
      side: 'broker',
      version: 'both',
      title: "Session without subscriptions (a publisher's) not kept: QoS 2 dedup lost",
    },
  ],
  [
    'SP5',
    {
      group: 'session',
      side: 'client',
      version: 'both',
      title: 'Client reports wrong Session Present to the application',
    },
  ],
  [
    'Q01',
    {
      group: 'qos',
      side: 'broker',
      version: 'both',
      title:
        'Delivery QoS wrong (upgraded, not downgraded, or one low-QoS subscriber lowers others)',
    },
  ],
  [
    'Q02',
    {
      group: 'qos',
      side: 'broker as sender',
      version: 'both',
      title:
        'Retained message path bypasses QoS machinery (no id, wrong QoS, not in flight, acks unknown)',
    },
  ],
  [
    'Q03',
    {
      group: 'qos',
      side: 'broker/client',
      version: 'both',
      title:
        'Overlapping subscriptions: duplicates, wrong QoS, or client-level duplicate hand-over',
    },
  ],
  [
    'Q04',
    {
      group: 'qos',
      side: 'broker',
      version: 'both',
      title:
        'Retained sent although subscription refused or not matching, or under the wrong topic',
    },
  ],
  [
    'Q05',
    {
      group: 'qos',
      side: 'broker',
      version: 'both',
      title: 'Shared subscription: in-flight QoS 1/2 lost or duplicated when a member leaves',
    },
  ],
  [
    'T01',
    {
      group: 'topics',
      side: 'broker',
      version: 'both',
      title: 'Leading wildcard matches $-topics',
    },
  ],
  [
    'T02',
    {
      group: 'topics',
      side: 'broker/client',
      version: 'both',
      title: "'#' does not match the parent level / '$' excluded at inner level",
    },
  ],
  [
    'T03',
    {
      group: 'topics',
      side: 'broker',
      version: 'both',
      title: 'Client publish to $SYS accepted or crashes',
    },
  ],
  ['C01', { group: 'codec', side: 'codec', version: 'both', title: 'QoS 3 accepted' }],
  [
    'C02',
    {
      group: 'codec',
      side: 'codec',
      version: 'both',
      title: 'Packet id 0 accepted (PUBLISH QoS>0, SUBSCRIBE, acks) or sent',
    },
  ],
  [
    'C03',
    {
      group: 'codec',
      side: 'codec',
      version: '5',
      title:
        'v5 PUBACK/PUBREC/PUBREL/PUBCOMP with reason code / properties / length 2, 3, 4+ mis-parsed',
    },
  ],
  [
    'C04',
    {
      group: 'codec',
      side: 'codec',
      version: '3.1.1',
      title: 'Extra bytes after the id in acks accepted',
    },
  ],
  [
    'C05',
    {
      group: 'codec',
      side: 'codec',
      version: 'both',
      title: 'Length underflow / oversize topic length, then panic',
    },
  ],
  ['C06', { group: 'codec', side: 'codec', version: '5', title: 'v5 ack serialised wrongly' }],
  [
    'C07',
    {
      group: 'codec',
      side: 'codec',
      version: 'both',
      title: 'Legal PUBLISH QoS 2 with DUP=1 rejected as malformed',
    },
  ],
  [
    'C08',
    { group: 'codec', side: 'codec', version: 'both', title: 'PUBREL reserved bits not checked' },
  ],
  [
    'C09',
    {
      group: 'codec',
      side: 'codec',
      version: '5',
      title: 'Reason code set of an ack wrong (legal refused, illegal accepted/sent)',
    },
  ],
  [
    'C10',
    {
      group: 'codec',
      side: 'codec',
      version: 'both',
      title: 'Flag or length bits misplaced / corrupted',
    },
  ],
  ['C11', { group: 'codec', side: 'codec', version: 'both', title: 'Packet id present on QoS 0' }],
])
