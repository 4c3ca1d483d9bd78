package amitest

// What the details of the actions about telephones say, as captured from the lab:
// key by key, with what differs in braces.

const endpointDetail = `RpidImmediate: false
Webrtc: no
Ignore183WithoutSdp: false
SendAoc: false
DeviceStateBusyAt: 0
T38UdptlMaxdatagram: 0
CodecPrefsIncomingAnswer: prefer:pending, operation:intersect, keep:all, transcode:allow
SecurityNegotiation: no
DtlsRekey: 0
RtpPortEnd: 0
NamedPickupGroup:
DirectMediaMethod: invite
SendRpid: false
PickupGroup:
SdpSession: Asterisk
DtlsVerify: No
MessageContext:
Tenantid:
Mailboxes:
RecordOnFeature: automixmon
DtlsPrivateKey:
DtlsFingerprint: SHA-256
OverlapContext:
OutgoingCallOfferPref: remote_merge
RtpPortStart: 0
FromDomain:
TimersSessExpires: 1800
NamedCallGroup:
DtlsCipher:
MediaEncryptionOptimistic: false
SuppressQ850ReasonHeaders: false
Aors: {name}
IdentifyBy: username,ip
CalleridPrivacy: allowed_not_screened
MwiSubscribeReplacesUnsolicited: no
CosAudio: 0
FollowEarlyMediaFork: true
Context: from-outside
RtpSymmetric: false
Transport: udp
MohSuggest: default
T38Udptl: false
FaxDetect: false
T38BindUdptlToMediaAddress: false
TosVideo: 0
SrtpTag32: false
ReferBlindProgress: true
MaxAudioStreams: 1
Bundle: false
UseAvpf: false
CallGroup:
SendConnectedLine: yes
FaxDetectTimeout: 0
SdpOwner: -
ForceRport: true
CalleridTag:
RtpTimeoutHold: 0
SuppressMohOnSendonly: false
UsePtime: false
MediaAddress:
VoicemailExtension:
RtpTimeout: 0
StirShaken: no
SetVar:
ContactAcl:
PreferredCodecOnly: false
GeolocOutgoingCallProfile:
ForceAvp: false
RecordOffFeature: automixmon
FromUser:
SendDiversion: true
SendHistoryInfo: false
T38UdptlIpv6: false
ToneZone:
Language:
AllowSubscribe: true
RtpIpv6: false
Callerid: <unknown>
MohPassthrough: false
CosVideo: 0
DtlsAutoGenerateCert: No
AsymmetricRtpCodec: false
GeolocIncomingCallProfile:
IceSupport: false
AggregateMwi: true
OneTouchRecording: false
MwiFromUser:
RedirectMethod: user
Accountcode:
CodecPrefsOutgoingAnswer: prefer:pending, operation:intersect, keep:all, transcode:allow
Allow: (ulaw)
RewriteContact: false
UserEqPhone: false
RtpEngine: asterisk
FollowRedirectMethods:
SubscribeContext:
NotifyEarlyInuseRinging: false
IncomingMwiMailbox:
IncomingCallOfferPref: local
AllowUnauthenticatedOptions: false
Auth:
DirectMediaGlareMitigation: none
TrustIdInbound: false
StirShakenProfile:
BindRtpToMediaAddress: false
DisableDirectMediaOnNat: false
MediaEncryption: no
MediaUseReceivedTransport: false
AllowOverlap: true
DtmfMode: rfc4733
OutboundAuth:
TosAudio: 0
DtlsCertFile:
DtlsCaPath:
DtlsSetup: active
ConnectedLineMethod: invite
G726NonStandard: false
100rel: yes
Timers: yes
DirectMedia: false
Acl:
TimersMinSe: 90
TrustIdOutbound: false
SubMinExpiry: 0
RtcpMux: false
MaxVideoStreams: 1
AcceptMultipleSdpAnswers: false
CodecPrefsIncomingOffer: prefer:pending, operation:intersect, keep:all, transcode:allow
CodecPrefsOutgoingOffer: prefer:pending, operation:union, keep:all, transcode:allow
TrustConnectedLine: yes
SendPai: false
RtpKeepalive: 0
T38UdptlEc: none
T38UdptlNat: false
AllowTransfer: true
DtlsCaFile:
OutboundProxy:
InbandProgress: false
DeviceState: {state}
ActiveChannels: {channels}`

const transportDetail = `WebsocketWriteTimeout: 100
Cos: 0
TcpKeepaliveEnable: false
Protocol: udp
SymmetricTransport: false
Domain:
VerifyServer: No
LocalNet:
Bind: 127.0.0.1:5060
AllowWildcardCerts: No
TcpKeepaliveIntervalTime: 1
AsyncOperations: 1
ExternalMediaAddress:
Method: unspecified
ExternalSignalingAddress:
RequireClientCert: No
TcpKeepaliveIdleTime: 30
Tos: 0
CaListPath:
Cipher:
CertFile:
ExternalSignalingPort: 0
Password:
AllowReload: false
VerifyClient: No
TcpKeepaliveProbeCount: 5
PrivKeyFile:
CaListFile:
EndpointName: {name}`

const aorDetail = `MinimumExpiration: 60
DefaultExpiration: 3600
QualifyTimeout: 3.000000
Qualify2xxOnly: false
Mailboxes:
SupportPath: false
RemoveUnavailable: false
VoicemailExtension:
MaxContacts: {most}
AuthenticateQualify: false
Contacts: {contact}
MaximumExpiration: 7200
QualifyFrequency: 0
RemoveExisting: {remove}
OutboundProxy:
TotalContacts: {contacts}
ContactsRegistered: {registered}
EndpointName: {name}`

const registrationDetail = `MaxRetries: 10
ClientUri: {client}
SecurityNegotiation: no
AuthRejectionPermanent: true
ServerUri: {server}
MaxRandomInitialDelay: 10
SupportPath: false
RetryInterval: 2
ContactHeaderParams:
Expiration: 3600
Transport: udp
Line: false
ContactUser: {name}
Endpoint:
UserAgent:
ForbiddenRetryInterval: 0
OutboundAuth: {name}
OutboundProxy:
FatalRetryInterval: 0
SupportOutbound: no
Status: {status}
NextReg: 0`

const authDetail = `OauthSecret:
PasswordDigest:
SupportedAlgorithmsUas: MD5
RefreshToken:
Username: {name}
Md5Cred:
Realm:
AuthType: userpass
Password: {name}
SupportedAlgorithmsUac: MD5
NonceLifetime: 32
OauthClientid:`

const peerDetail = `Channeltype: SIP
ObjectName: {name}
ChanObjectType: peer
SecretExist: Y
RemoteSecretExist: N
MD5SecretExist: N
Context: network
Language:
ToneZone: <Not set>
AMAflags: Unknown
CID-CallingPres: Presentation Allowed, Not Screened
Callgroup:
Pickupgroup:
Named Callgroup:
Named Pickupgroup:
MOHSuggest:
VoiceMailbox:
TransferMode: open
LastMsgsSent: 0
Maxforwards: 0
Call-limit: 0
Busy-level: 0
MaxCallBR: 384 kbps
Dynamic: Y
Callerid: "" <>
RegExpire: {expire}
SIP-AuthInsecure: no
SIP-Forcerport: a
SIP-Comedia: N
ACL: N
SIP-CanReinvite: N
SIP-DirectMedia: N
SIP-PromiscRedir: N
SIP-UserPhone: N
SIP-VideoSupport: N
SIP-TextSupport: N
SIP-T.38Support: N
SIP-T.38EC: Unknown
SIP-T.38MaxDtgrm: 4294967295
SIP-Sess-Timers: Originate
SIP-Sess-Refresh: uas
SIP-Sess-Expires: 90
SIP-Sess-Min: 90
SIP-RTP-Engine: asterisk
SIP-Encryption: N
SIP-RTCP-Mux: N
SIP-DTMFmode: rfc2833
ToHost:
Address-IP: {ip}
Address-Port: {port}
Default-addr-IP: (null)
Default-addr-port: 0
Default-Username: {user}
Codecs: (ulaw)
Status: {status}
SIP-Useragent: {agent}
Reg-Contact: {contact}
QualifyFreq: 60000 ms
Parkinglot:
SIP-Use-Reason-Header: Y
Description: {description}`
