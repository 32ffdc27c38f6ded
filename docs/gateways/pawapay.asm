gateway pawapay
    "cancel" "no"
    "class" "A"
    "setting.token"
    "settleMs" "900000"
    "signing" "rfc9421"
    "signing.components" "@method @authority @path signature-date content-digest content-type"
    "signing.dateHeader" "Signature-Date"
    "signing.header.0" "Accept-Signature: rsa-pss-sha512,ecdsa-p256-sha256,rsa-v1_5-sha256,ecdsa-p384-sha384"
    "signing.header.1" "Accept-Digest: sha-256,sha-512"
    "signing.label" "sig-pp"
    "signing.lifetimeS" "60"
    "webhook" "rfc9421"
    "webhook.label" "sig-pp"
    "webhook.required" "@method @authority @path content-digest"
    "webhook.single" "content-type signature-date"

pawapay deposit.request
    0  Input     r0 customerMessage →4
    1  Fits      r0 c0 →3
    2  Jump      →4
    3  Refuse    "E1305"
    4  Input     r0 preAuthorisationCode →8
    5  Fits      r0 c1 →7
    6  Jump      →8
    7  Refuse    "E1309"
    8  Input     r0 preAuthorisationCode →13
    9  Input     r1 provider →181
   10  Lookup    r1 r1 t0 →12
   11  Jump      →13
   12  Refuse    "E1309"
   13  Input     r1 provider →181
   14  Input     r2 currency →181
   15  Input     r3 amountMinor →181
   16  Lookup    r0 r1 t1 →114
   17  Text      r4 "XOF"
   18  Same      r2 r4 →23
   19  Lookup    r5 r1 t2 →113
   20  Digits    r6 r5 →181
   21  Decimals  r3 r2 r6 →113
   22  Jump      →115
   23  Text      r4 "XAF"
   24  Same      r2 r4 →29
   25  Lookup    r5 r1 t3 →113
   26  Digits    r6 r5 →181
   27  Decimals  r3 r2 r6 →113
   28  Jump      →115
   29  Text      r4 "CDF"
   30  Same      r2 r4 →35
   31  Lookup    r5 r1 t4 →113
   32  Digits    r6 r5 →181
   33  Decimals  r3 r2 r6 →113
   34  Jump      →115
   35  Text      r4 "USD"
   36  Same      r2 r4 →41
   37  Lookup    r5 r1 t5 →113
   38  Digits    r6 r5 →181
   39  Decimals  r3 r2 r6 →113
   40  Jump      →115
   41  Text      r4 "ETB"
   42  Same      r2 r4 →47
   43  Lookup    r5 r1 t6 →113
   44  Digits    r6 r5 →181
   45  Decimals  r3 r2 r6 →113
   46  Jump      →115
   47  Text      r4 "GHS"
   48  Same      r2 r4 →53
   49  Lookup    r5 r1 t7 →113
   50  Digits    r6 r5 →181
   51  Decimals  r3 r2 r6 →113
   52  Jump      →115
   53  Text      r4 "KES"
   54  Same      r2 r4 →59
   55  Lookup    r5 r1 t8 →113
   56  Digits    r6 r5 →181
   57  Decimals  r3 r2 r6 →113
   58  Jump      →115
   59  Text      r4 "LSL"
   60  Same      r2 r4 →65
   61  Lookup    r5 r1 t9 →113
   62  Digits    r6 r5 →181
   63  Decimals  r3 r2 r6 →113
   64  Jump      →115
   65  Text      r4 "MWK"
   66  Same      r2 r4 →71
   67  Lookup    r5 r1 t10 →113
   68  Digits    r6 r5 →181
   69  Decimals  r3 r2 r6 →113
   70  Jump      →115
   71  Text      r4 "MZN"
   72  Same      r2 r4 →77
   73  Lookup    r5 r1 t11 →113
   74  Digits    r6 r5 →181
   75  Decimals  r3 r2 r6 →113
   76  Jump      →115
   77  Text      r4 "NGN"
   78  Same      r2 r4 →83
   79  Lookup    r5 r1 t12 →113
   80  Digits    r6 r5 →181
   81  Decimals  r3 r2 r6 →113
   82  Jump      →115
   83  Text      r4 "RWF"
   84  Same      r2 r4 →89
   85  Lookup    r5 r1 t13 →113
   86  Digits    r6 r5 →181
   87  Decimals  r3 r2 r6 →113
   88  Jump      →115
   89  Text      r4 "SLE"
   90  Same      r2 r4 →95
   91  Lookup    r5 r1 t14 →113
   92  Digits    r6 r5 →181
   93  Decimals  r3 r2 r6 →113
   94  Jump      →115
   95  Text      r4 "TZS"
   96  Same      r2 r4 →101
   97  Lookup    r5 r1 t15 →113
   98  Digits    r6 r5 →181
   99  Decimals  r3 r2 r6 →113
  100  Jump      →115
  101  Text      r4 "UGX"
  102  Same      r2 r4 →107
  103  Lookup    r5 r1 t16 →113
  104  Digits    r6 r5 →181
  105  Decimals  r3 r2 r6 →113
  106  Jump      →115
  107  Text      r4 "ZMW"
  108  Same      r2 r4 →113
  109  Lookup    r5 r1 t17 →113
  110  Digits    r6 r5 →181
  111  Decimals  r3 r2 r6 →113
  112  Jump      →115
  113  Refuse    "E1302"
  114  Refuse    "E1304"
  115  Put       "POST"
  116  Out       method
  117  Put       "/v2/deposits"
  118  Out       path
  119  Put       "Bearer "
  120  Input     r1 settings →181
  121  Member    r2 r1 "token"
  122  String    r2 r2 c2 →181
  123  PutText   r2
  124  Header    "Authorization"
  125  Put       "application/json; charset=UTF-8"
  126  Header    "Content-Type"
  127  Put       "{\"depositId\":"
  128  Input     r1 reference →181
  129  PutJson   r1
  130  Put       ",\"amount\":"
  131  Input     r1 amountMinor →181
  132  Input     r2 currency →181
  133  Put       "\""
  134  PutMoney  r1 r2 1 →181
  135  Put       "\""
  136  Put       ",\"currency\":"
  137  Input     r1 currency →181
  138  PutJson   r1
  139  Put       ",\"payer\":{\"type\":\"MMO\""
  140  Put       ",\"accountDetails\":{\"phoneNumber\":"
  141  Input     r1 phoneNumber →181
  142  PutJson   r1
  143  Put       ",\"provider\":"
  144  PutJson   r0
  145  Put       "}"
  146  Put       "}"
  147  Input     r1 customerMessage →151
  148  Put       ",\"customerMessage\":"
  149  Input     r1 customerMessage →181
  150  PutJson   r1
  151  Input     r1 preAuthorisationCode →155
  152  Put       ",\"preAuthorisationCode\":"
  153  Input     r1 preAuthorisationCode →181
  154  PutJson   r1
  155  Input     r1 resumeUrl →163
  156  Input     r2 provider →163
  157  Lookup    r2 r2 t18 →163
  158  Put       ",\"successfulUrl\":"
  159  Input     r1 resumeUrl →181
  160  Input     r2 provider →181
  161  Lookup    r2 r2 t18 →181
  162  PutJson   r1
  163  Input     r1 resumeUrl →171
  164  Input     r2 provider →171
  165  Lookup    r2 r2 t18 →171
  166  Put       ",\"failedUrl\":"
  167  Input     r1 resumeUrl →181
  168  Input     r2 provider →181
  169  Lookup    r2 r2 t18 →181
  170  PutJson   r1
  171  Input     r1 invoice →176
  172  Put       ",\"metadata\":[{\"orderId\":"
  173  Input     r1 invoice →181
  174  PutJson   r1
  175  Put       "}]"
  176  Put       "}"
  177  Out       body
  178  Put       "1"
  179  Out       signed
  180  Halt
  181  Refuse    "E1312"

pawapay deposit.answer
    0  Input     r0 body →170
    1  Input     r1 reference →11
    2  Member    r2 r0 "depositId"
    3  String    r2 r2 c3 →11
    4  Same      r1 r2 →6
    5  Jump      →11
    6  Put       "unknown"
    7  Out       kind
    8  Put       "other_deposit"
    9  Out       reason
   10  Halt
   11  Member    r1 r0 "status"
   12  String    r1 r1 c3 →22
   13  Lookup    r1 r1 t19 →22
   14  Input     r1 http →170
   15  Number    r2 200
   16  AtLeast   r1 r2 →20
   17  Number    r2 299
   18  AtLeast   r2 r1 →20
   19  Jump      →21
   20  Jump      →22
   21  Jump      →145
   22  Member    r1 r0 "status"
   23  String    r1 r1 c3 →30
   24  Lookup    r1 r1 t20 →30
   25  Put       "unknown"
   26  Out       kind
   27  Put       "duplicate"
   28  Out       reason
   29  Halt
   30  Member    r1 r0 "status"
   31  String    r1 r1 c3 →42
   32  Lookup    r1 r1 t21 →42
   33  Member    r1 r0 "failureReason"
   34  Member    r1 r1 "failureCode"
   35  String    r1 r1 c4 →42
   36  Lookup    r1 r1 t22 →42
   37  Put       "unknown"
   38  Out       kind
   39  Put       "unknown_error"
   40  Out       reason
   41  Halt
   42  Member    r1 r0 "status"
   43  String    r1 r1 c3 →61
   44  Lookup    r1 r1 t21 →61
   45  Member    r1 r0 "failureReason"
   46  Member    r1 r1 "failureCode"
   47  String    r1 r1 c4 →61
   48  Put       "rejected"
   49  Out       kind
   50  Member    r1 r0 "failureReason"
   51  Member    r1 r1 "failureCode"
   52  String    r1 r1 c4 →55
   53  PutText   r1
   54  Out       code
   55  Member    r1 r0 "failureReason"
   56  Member    r1 r1 "failureMessage"
   57  String    r1 r1 c3 →60
   58  PutLog    r1
   59  Out       message
   60  Halt
   61  Member    r1 r0 "status"
   62  String    r1 r1 c3 →69
   63  Lookup    r1 r1 t21 →69
   64  Put       "unknown"
   65  Out       kind
   66  Put       "rejected_without_code"
   67  Out       reason
   68  Halt
   69  Member    r1 r0 "status"
   70  String    r1 r1 c3 →72
   71  Jump      →106
   72  Input     r1 http →170
   73  Number    r2 400
   74  AtLeast   r1 r2 →78
   75  Number    r2 400
   76  AtLeast   r2 r1 →78
   77  Jump      →89
   78  Number    r2 401
   79  AtLeast   r1 r2 →83
   80  Number    r2 401
   81  AtLeast   r2 r1 →83
   82  Jump      →89
   83  Number    r2 403
   84  AtLeast   r1 r2 →88
   85  Number    r2 403
   86  AtLeast   r2 r1 →88
   87  Jump      →89
   88  Jump      →106
   89  Member    r1 r0 "failureReason"
   90  Member    r1 r1 "failureCode"
   91  String    r1 r1 c4 →106
   92  Lookup    r1 r1 t23 →106
   93  Put       "rejected"
   94  Out       kind
   95  Member    r1 r0 "failureReason"
   96  Member    r1 r1 "failureCode"
   97  String    r1 r1 c4 →100
   98  PutText   r1
   99  Out       code
  100  Member    r1 r0 "failureReason"
  101  Member    r1 r1 "failureMessage"
  102  String    r1 r1 c3 →105
  103  PutLog    r1
  104  Out       message
  105  Halt
  106  Member    r1 r0 "status"
  107  String    r1 r1 c3 →109
  108  Jump      →133
  109  Input     r1 http →170
  110  Number    r2 400
  111  AtLeast   r1 r2 →115
  112  Number    r2 400
  113  AtLeast   r2 r1 →115
  114  Jump      →126
  115  Number    r2 401
  116  AtLeast   r1 r2 →120
  117  Number    r2 401
  118  AtLeast   r2 r1 →120
  119  Jump      →126
  120  Number    r2 403
  121  AtLeast   r1 r2 →125
  122  Number    r2 403
  123  AtLeast   r2 r1 →125
  124  Jump      →126
  125  Jump      →133
  126  Put       "unknown"
  127  Out       kind
  128  Put       "http_"
  129  Input     r1 http →170
  130  PutInt    r1
  131  Out       reason
  132  Halt
  133  Member    r1 r0 "status"
  134  String    r1 r1 c3 →140
  135  Put       "unknown"
  136  Out       kind
  137  Put       "status_unrecognised"
  138  Out       reason
  139  Halt
  140  Put       "unknown"
  141  Out       kind
  142  Put       "status_missing"
  143  Out       reason
  144  Halt
  145  Member    r1 r0 "nextStep"
  146  String    r1 r1 c3 →151
  147  Lookup    r1 r1 t24 →151
  148  Put       "approve_on_phone"
  149  Out       nextAction
  150  Jump      →167
  151  Member    r1 r0 "nextStep"
  152  String    r1 r1 c3 →157
  153  Lookup    r1 r1 t25 →157
  154  Put       "redirect"
  155  Out       nextAction
  156  Jump      →167
  157  Member    r1 r0 "nextStep"
  158  String    r1 r1 c3 →167
  159  Lookup    r1 r1 t26 →167
  160  Put       "redirect"
  161  Out       nextAction
  162  Member    r1 r0 "authorizationUrl"
  163  String    r1 r1 c5 →166
  164  PutText   r1
  165  Out       nextUrl
  166  Jump      →167
  167  Put       "accepted"
  168  Out       kind
  169  Halt
  170  Refuse    "bug"

pawapay status.request
    0  Put       "GET"
    1  Out       method
    2  Put       "/v2/deposits/"
    3  Input     r0 reference →15
    4  PutUrl    r0
    5  Out       path
    6  Put       "Bearer "
    7  Input     r0 settings →15
    8  Member    r1 r0 "token"
    9  String    r1 r1 c2 →15
   10  PutText   r1
   11  Header    "Authorization"
   12  Put       "application/json"
   13  Header    "Accept"
   14  Halt
   15  Refuse    "E1312"

pawapay status.answer
    0  Input     r0 body →149
    1  Input     r1 http →149
    2  Number    r2 200
    3  AtLeast   r1 r2 →7
    4  Number    r2 200
    5  AtLeast   r2 r1 →7
    6  Jump      →8
    7  Jump      →24
    8  Member    r1 r0 "status"
    9  String    r1 r1 c3 →24
   10  Lookup    r1 r1 t27 →24
   11  Member    r1 r0 "data"
   12  Object    r1 →24
   13  Input     r1 reference →24
   14  Member    r2 r0 "data"
   15  Member    r2 r2 "depositId"
   16  String    r2 r2 c3 →19
   17  Same      r1 r2 →19
   18  Jump      →24
   19  Put       "unknown"
   20  Out       kind
   21  Put       "other_deposit"
   22  Out       reason
   23  Halt
   24  Input     r1 http →149
   25  Number    r2 200
   26  AtLeast   r1 r2 →30
   27  Number    r2 200
   28  AtLeast   r2 r1 →30
   29  Jump      →31
   30  Jump      →37
   31  Member    r1 r0 "status"
   32  String    r1 r1 c3 →37
   33  Lookup    r1 r1 t27 →37
   34  Member    r1 r0 "data"
   35  Object    r1 →37
   36  Jump      →76
   37  Input     r1 http →149
   38  Number    r2 200
   39  AtLeast   r1 r2 →43
   40  Number    r2 200
   41  AtLeast   r2 r1 →43
   42  Jump      →49
   43  Number    r2 404
   44  AtLeast   r1 r2 →48
   45  Number    r2 404
   46  AtLeast   r2 r1 →48
   47  Jump      →49
   48  Jump      →57
   49  Member    r1 r0 "status"
   50  String    r1 r1 c3 →57
   51  Lookup    r1 r1 t28 →57
   52  Member    r1 r0 "data"
   53  Null      r1 →57
   54  Put       "not_found"
   55  Out       kind
   56  Halt
   57  Input     r1 http →149
   58  Number    r2 200
   59  AtLeast   r1 r2 →63
   60  Number    r2 200
   61  AtLeast   r2 r1 →63
   62  Jump      →64
   63  Jump      →69
   64  Put       "unknown"
   65  Out       kind
   66  Put       "unreadable"
   67  Out       reason
   68  Halt
   69  Put       "unknown"
   70  Out       kind
   71  Put       "http_"
   72  Input     r1 http →149
   73  PutInt    r1
   74  Out       reason
   75  Halt
   76  Member    r1 r0 "data"
   77  Member    r1 r1 "status"
   78  String    r1 r1 c3 →83
   79  Lookup    r1 r1 t29 →83
   80  Put       "succeeded"
   81  Out       outcome
   82  Jump      →130
   83  Member    r1 r0 "data"
   84  Member    r1 r1 "status"
   85  String    r1 r1 c3 →96
   86  Lookup    r1 r1 t30 →96
   87  Put       "failed"
   88  Out       outcome
   89  Member    r1 r0 "data"
   90  Member    r1 r1 "failureReason"
   91  Member    r1 r1 "failureCode"
   92  String    r1 r1 c4 →95
   93  PutText   r1
   94  Out       code
   95  Jump      →130
   96  Member    r1 r0 "data"
   97  Member    r1 r1 "status"
   98  String    r1 r1 c3 →112
   99  Lookup    r1 r1 t31 →112
  100  Member    r1 r0 "data"
  101  Member    r1 r1 "nextStep"
  102  String    r1 r1 c3 →112
  103  Lookup    r1 r1 t26 →112
  104  Put       "pending"
  105  Out       outcome
  106  Member    r1 r0 "data"
  107  Member    r1 r1 "authorizationUrl"
  108  String    r1 r1 c5 →111
  109  PutText   r1
  110  Out       nextUrl
  111  Jump      →130
  112  Member    r1 r0 "data"
  113  Member    r1 r1 "status"
  114  String    r1 r1 c3 →119
  115  Lookup    r1 r1 t31 →119
  116  Put       "pending"
  117  Out       outcome
  118  Jump      →130
  119  Member    r1 r0 "data"
  120  Member    r1 r1 "status"
  121  String    r1 r1 c3 →125
  122  Put       "unrecognised"
  123  Out       outcome
  124  Jump      →130
  125  Put       "unknown"
  126  Out       kind
  127  Put       "unreadable"
  128  Out       reason
  129  Halt
  130  Put       "found"
  131  Out       kind
  132  Member    r1 r0 "data"
  133  Member    r1 r1 "amount"
  134  String    r1 r1 c3 →138
  135  Input     r2 currency →138
  136  PutMinor  r1 r2 →138
  137  Out       amountMinor
  138  Member    r1 r0 "data"
  139  Member    r1 r1 "currency"
  140  String    r1 r1 c6 →143
  141  PutText   r1
  142  Out       currency
  143  Member    r1 r0 "data"
  144  Member    r1 r1 "providerTransactionId"
  145  String    r1 r1 c7 →148
  146  PutText   r1
  147  Out       transactionId
  148  Halt
  149  Refuse    "bug"

pawapay conditions.request
    0  Put       "GET"
    1  Out       method
    2  Put       "/v2/active-conf?country="
    3  Input     r0 country →16
    4  PutUrl    r0
    5  Put       "&operationType=DEPOSIT"
    6  Out       path
    7  Put       "Bearer "
    8  Input     r0 settings →16
    9  Member    r1 r0 "token"
   10  String    r1 r1 c2 →16
   11  PutText   r1
   12  Header    "Authorization"
   13  Put       "application/json"
   14  Header    "Accept"
   15  Halt
   16  Refuse    "E1312"

pawapay predict.request
    0  Put       "POST"
    1  Out       method
    2  Put       "/v2/predict-provider"
    3  Out       path
    4  Put       "Bearer "
    5  Input     r0 settings →18
    6  Member    r1 r0 "token"
    7  String    r1 r1 c2 →18
    8  PutText   r1
    9  Header    "Authorization"
   10  Put       "application/json; charset=UTF-8"
   11  Header    "Content-Type"
   12  Put       "{\"phoneNumber\":"
   13  Input     r0 phoneNumber →18
   14  PutJson   r0
   15  Put       "}"
   16  Out       body
   17  Halt
   18  Refuse    "E1312"

pawapay predict.answer
    0  Input     r0 body →54
    1  Member    r1 r0 "failureReason"
    2  Null      r1 →4
    3  Jump      →11
    4  Member    r1 r0 "failureReason"
    5  Member    r1 r1 "failureCode"
    6  String    r1 r1 c4 →11
    7  Lookup    r1 r1 t32 →11
    8  Put       "invalid"
    9  Out       kind
   10  Halt
   11  Member    r1 r0 "failureReason"
   12  Null      r1 →14
   13  Jump      →21
   14  Put       "unknown"
   15  Out       kind
   16  Put       "http_"
   17  Input     r1 http →54
   18  PutInt    r1
   19  Out       reason
   20  Halt
   21  Input     r1 http →54
   22  Number    r2 200
   23  AtLeast   r1 r2 →27
   24  Number    r2 200
   25  AtLeast   r2 r1 →27
   26  Jump      →28
   27  Jump      →49
   28  Member    r1 r0 "provider"
   29  String    r1 r1 c4 →49
   30  Member    r1 r0 "country"
   31  String    r1 r1 c6 →49
   32  Member    r1 r0 "phoneNumber"
   33  String    r1 r1 c8 →49
   34  Put       "found"
   35  Out       kind
   36  Member    r1 r0 "provider"
   37  String    r1 r1 c4 →40
   38  PutText   r1
   39  Out       provider
   40  Member    r1 r0 "country"
   41  String    r1 r1 c6 →44
   42  PutText   r1
   43  Out       country
   44  Member    r1 r0 "phoneNumber"
   45  String    r1 r1 c8 →48
   46  PutText   r1
   47  Out       phoneNumber
   48  Halt
   49  Put       "unknown"
   50  Out       kind
   51  Put       "unreadable"
   52  Out       reason
   53  Halt
   54  Refuse    "bug"

pawapay callback
    0  Input     r0 body →106
    1  Input     r1 operation →13
    2  Lookup    r1 r1 t33 →13
    3  Member    r1 r0 "depositId"
    4  Null      r1 →6
    5  Jump      →13
    6  Member    r1 r0 "payoutId"
    7  Null      r1 →13
    8  Member    r1 r0 "refundId"
    9  Null      r1 →13
   10  Put       "deposit"
   11  Out       operation
   12  Jump      →36
   13  Input     r1 operation →25
   14  Lookup    r1 r1 t34 →25
   15  Member    r1 r0 "depositId"
   16  Null      r1 →25
   17  Member    r1 r0 "payoutId"
   18  Null      r1 →20
   19  Jump      →25
   20  Member    r1 r0 "refundId"
   21  Null      r1 →25
   22  Put       "payout"
   23  Out       operation
   24  Jump      →36
   25  Input     r1 operation →35
   26  Lookup    r1 r1 t35 →35
   27  Member    r1 r0 "payoutId"
   28  Null      r1 →35
   29  Member    r1 r0 "refundId"
   30  Null      r1 →32
   31  Jump      →35
   32  Put       "refund"
   33  Out       operation
   34  Jump      →36
   35  Refuse    "operation_mismatch"
   36  Input     r1 operation →45
   37  Lookup    r1 r1 t33 →45
   38  Member    r1 r0 "depositId"
   39  String    r1 r1 c9 →45
   40  Member    r1 r0 "depositId"
   41  String    r1 r1 c9 →44
   42  PutText   r1
   43  Out       reference
   44  Jump      →64
   45  Input     r1 operation →54
   46  Lookup    r1 r1 t34 →54
   47  Member    r1 r0 "payoutId"
   48  String    r1 r1 c9 →54
   49  Member    r1 r0 "payoutId"
   50  String    r1 r1 c9 →53
   51  PutText   r1
   52  Out       reference
   53  Jump      →64
   54  Input     r1 operation →63
   55  Lookup    r1 r1 t35 →63
   56  Member    r1 r0 "refundId"
   57  String    r1 r1 c9 →63
   58  Member    r1 r0 "refundId"
   59  String    r1 r1 c9 →62
   60  PutText   r1
   61  Out       reference
   62  Jump      →64
   63  Refuse    "reference_malformed"
   64  Member    r1 r0 "status"
   65  String    r1 r1 c3 →70
   66  Lookup    r1 r1 t29 →70
   67  Put       "succeeded"
   68  Out       outcome
   69  Jump      →90
   70  Member    r1 r0 "status"
   71  String    r1 r1 c3 →81
   72  Lookup    r1 r1 t30 →81
   73  Put       "failed"
   74  Out       outcome
   75  Member    r1 r0 "failureReason"
   76  Member    r1 r1 "failureCode"
   77  String    r1 r1 c4 →80
   78  PutText   r1
   79  Out       code
   80  Jump      →90
   81  Member    r1 r0 "status"
   82  String    r1 r1 c3 →87
   83  Lookup    r1 r1 t31 →87
   84  Put       "pending"
   85  Out       outcome
   86  Jump      →90
   87  Put       "unrecognised"
   88  Out       outcome
   89  Jump      →90
   90  Member    r1 r0 "amount"
   91  String    r1 r1 c3 →96
   92  Member    r2 r0 "currency"
   93  String    r2 r2 c6 →96
   94  PutMinor  r1 r2 →96
   95  Out       amountMinor
   96  Member    r1 r0 "currency"
   97  String    r1 r1 c6 →100
   98  PutText   r1
   99  Out       currency
  100  Member    r1 r0 "providerTransactionId"
  101  String    r1 r1 c7 →104
  102  PutText   r1
  103  Out       transactionId
  104  Jump      →105
  105  Halt
  106  Refuse    "bug"

pawapay keys.request
    0  Put       "GET"
    1  Out       method
    2  Put       "/v2/public-key/http"
    3  Out       path
    4  Put       "Bearer "
    5  Input     r0 settings →13
    6  Member    r1 r0 "token"
    7  String    r1 r1 c2 →13
    8  PutText   r1
    9  Header    "Authorization"
   10  Put       "application/json"
   11  Header    "Accept"
   12  Halt
   13  Refuse    "E1312"

c0 ascii 4..22  0-9A-Za-z
c1 ascii 1..36 0-9A-Za-z
c2 ascii 1..4096 !-~
c3 any 0..65535
c4 ascii 1..64 0-9A-Z_
c5 https 9..2048
c6 ascii 3..3 A-Z
c7 ascii 1..128 !-~
c8 ascii 7..15 0-9
c9 uuid 36..36
t0
    "ORANGE_BFA"
t1
    "AIRTELTIGO_GHA" "AIRTELTIGO_GHA"
    "AIRTEL_COD" "AIRTEL_COD"
    "AIRTEL_COG" "AIRTEL_COG"
    "AIRTEL_GAB" "AIRTEL_GAB"
    "AIRTEL_MWI" "AIRTEL_MWI"
    "AIRTEL_NGA" "AIRTEL_NGA"
    "AIRTEL_OAPI_UGA" "AIRTEL_OAPI_UGA"
    "AIRTEL_OAPI_ZMB" "AIRTEL_OAPI_ZMB"
    "AIRTEL_RWA" "AIRTEL_RWA"
    "AIRTEL_TZA" "AIRTEL_TZA"
    "FREE_SEN" "FREE_SEN"
    "HALOTEL_TZA" "HALOTEL_TZA"
    "MOOV_BEN" "MOOV_BEN"
    "MOOV_BFA" "MOOV_BFA"
    "MOVITEL_MOZ" "MOVITEL_MOZ"
    "MPESA_ETH" "MPESA_ETH"
    "MPESA_KEN" "MPESA_KEN"
    "MPESA_LSO" "MPESA_LSO"
    "MTN_MOMO_BEN" "MTN_MOMO_BEN"
    "MTN_MOMO_CIV" "MTN_MOMO_CIV"
    "MTN_MOMO_CMR" "MTN_MOMO_CMR"
    "MTN_MOMO_COG" "MTN_MOMO_COG"
    "MTN_MOMO_GHA" "MTN_MOMO_GHA"
    "MTN_MOMO_NGA" "MTN_MOMO_NGA"
    "MTN_MOMO_RWA" "MTN_MOMO_RWA"
    "MTN_MOMO_UGA" "MTN_MOMO_UGA"
    "MTN_MOMO_ZMB" "MTN_MOMO_ZMB"
    "ORANGE_BFA" "ORANGE_BFA"
    "ORANGE_CIV" "ORANGE_CIV"
    "ORANGE_CMR" "ORANGE_CMR"
    "ORANGE_COD" "ORANGE_COD"
    "ORANGE_SEN" "ORANGE_SEN"
    "ORANGE_SLE" "ORANGE_SLE"
    "TIGO_TZA" "TIGO_TZA"
    "TNM_MWI" "TNM_MWI"
    "VODACOM_MOZ" "VODACOM_MOZ"
    "VODACOM_MPESA_COD" "VODACOM_MPESA_COD"
    "VODACOM_TZA" "VODACOM_TZA"
    "VODAFONE_GHA" "VODAFONE_GHA"
    "WAVE_CIV" "WAVE_CIV"
    "WAVE_SEN" "WAVE_SEN"
    "ZAMTEL_ZMB" "ZAMTEL_ZMB"
t2
    "FREE_SEN" "0"
    "MOOV_BEN" "0"
    "MOOV_BFA" "0"
    "MTN_MOMO_BEN" "0"
    "MTN_MOMO_CIV" "0"
    "ORANGE_BFA" "0"
    "ORANGE_CIV" "0"
    "ORANGE_SEN" "0"
    "WAVE_CIV" "0"
    "WAVE_SEN" "0"
t3
    "AIRTEL_COG" "0"
    "AIRTEL_GAB" "2"
    "MTN_MOMO_CMR" "0"
    "MTN_MOMO_COG" "0"
    "ORANGE_CMR" "0"
t4
    "AIRTEL_COD" "2"
    "ORANGE_COD" "2"
    "VODACOM_MPESA_COD" "0"
t5
    "AIRTEL_COD" "2"
    "ORANGE_COD" "2"
    "VODACOM_MPESA_COD" "2"
t6
    "MPESA_ETH" "2"
t7
    "AIRTELTIGO_GHA" "2"
    "MTN_MOMO_GHA" "2"
    "VODAFONE_GHA" "2"
t8
    "MPESA_KEN" "0"
t9
    "MPESA_LSO" "2"
t10
    "AIRTEL_MWI" "2"
    "TNM_MWI" "2"
t11
    "MOVITEL_MOZ" "0"
    "VODACOM_MOZ" "2"
t12
    "AIRTEL_NGA" "0"
    "MTN_MOMO_NGA" "2"
t13
    "AIRTEL_RWA" "0"
    "MTN_MOMO_RWA" "0"
t14
    "ORANGE_SLE" "2"
t15
    "AIRTEL_TZA" "2"
    "HALOTEL_TZA" "0"
    "TIGO_TZA" "0"
    "VODACOM_TZA" "0"
t16
    "AIRTEL_OAPI_UGA" "0"
    "MTN_MOMO_UGA" "2"
t17
    "AIRTEL_OAPI_ZMB" "2"
    "MTN_MOMO_ZMB" "2"
    "ZAMTEL_ZMB" "2"
t18
    "WAVE_CIV"
    "WAVE_SEN"
t19
    "ACCEPTED"
t20
    "DUPLICATE_IGNORED"
t21
    "REJECTED"
t22
    "UNKNOWN_ERROR"
t23
    "AUTHENTICATION_ERROR"
    "AUTHORISATION_ERROR"
    "DEPOSITS_NOT_ALLOWED"
    "DUPLICATE_METADATA_FIELD"
    "HTTP_SIGNATURE_ERROR"
    "INVALID_AMOUNT"
    "INVALID_INPUT"
    "INVALID_PARAMETER"
    "MISSING_PARAMETER"
    "NO_AUTHENTICATION"
    "UNSUPPORTED_PARAMETER"
t24
    "FINAL_STATUS"
t25
    "GET_AUTH_URL"
t26
    "REDIRECT_TO_AUTH_URL"
t27
    "FOUND"
t28
    "NOT_FOUND"
t29
    "COMPLETED"
t30
    "FAILED"
t31
    "ACCEPTED"
    "ENQUEUED"
    "IN_RECONCILIATION"
    "PROCESSING"
    "SUBMITTED"
t32
    "INVALID_INPUT"
    "INVALID_PARAMETER"
    "INVALID_PHONE_NUMBER"
t33
    "deposits"
t34
    "payouts"
t35
    "refunds"
t36
    "cancel" "no"
    "class" "A"
    "setting.token"
    "settleMs" "900000"
    "signing" "rfc9421"
    "signing.components" "@method @authority @path signature-date content-digest content-type"
    "signing.dateHeader" "Signature-Date"
    "signing.header.0" "Accept-Signature: rsa-pss-sha512,ecdsa-p256-sha256,rsa-v1_5-sha256,ecdsa-p384-sha384"
    "signing.header.1" "Accept-Digest: sha-256,sha-512"
    "signing.label" "sig-pp"
    "signing.lifetimeS" "60"
    "webhook" "rfc9421"
    "webhook.label" "sig-pp"
    "webhook.required" "@method @authority @path content-digest"
    "webhook.single" "content-type signature-date"
