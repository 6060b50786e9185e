# Match shim6. rule;what is listed ("=": the same);OK or FAIL
:INPUT
-m shim6;=;OK
-m shim6 --control;=;OK
-m shim6 --data;=;OK
-m shim6 --data --mcid 0x010203040506;=;OK
-m shim6 --data --mcid 1108152157446;-m shim6 --data --mcid 0x010203040506;OK
-m shim6 --mcid 0x010203040506;=;OK
-m shim6 --data ! --mcid 0x010203040506;=;OK
-m shim6 --data --mcid 0x010000000000/0x7f0000000000;=;OK
-m shim6 --data --mcid 0x010203040506/0x7f0000000000;-m shim6 --data --mcid 0x010000000000/0x7f0000000000;OK
-m shim6 --control --mcid 0x7fffffffffff;=;OK
-m shim6 --mcid 0xa1a2a3a4a5a6;-m shim6 --mcid 0x21a2a3a4a5a6;OK
-m shim6 --mcid 0;-m shim6 --mcid 0x000000000000;OK
-m shim6 --type i1;=;OK
-m shim6 --control --type keepalive,probe;=;OK
-m shim6 --control ! --type keepalive,probe;=;OK
-m shim6 --type 67,66;-m shim6 --type keepalive,probe;OK
-m shim6 --type I1,R1,i2,R2,r1bis,i2bis,update-request,update-ack,keepalive,probe,error;-m shim6 --type i1,r1,i2,r2,r1bis,i2bis,update-request,update-ack,keepalive,probe,error;OK
-m shim6 --type 0,63,64,127;-m shim6 --type 0,63,update-request,127;OK
-m shim6 --type 100;=;OK
-m shim6 --type update-request --mcid 0x000000000001;-m shim6 --mcid 0x000000000001 --type update-request;OK
-s 2001:db8::/32 -m shim6 --control;=;OK
-m shim6 --control --data;;FAIL
-m shim6 --data --type probe;;FAIL
-m shim6 --type;;FAIL
-m shim6 --type r3;;FAIL
-m shim6 --type 128;;FAIL
-m shim6 --type i1,;;FAIL
-m shim6 --mcid;;FAIL
-m shim6 --mcid 0x1000000000000;;FAIL
-m shim6 --mcid -1;;FAIL
-m shim6 --mcid tag;;FAIL
-m shim6 --mcid 1x;;FAIL
-m shim6 --mcid 1/;;FAIL
-m shim6 --mcid 1/2/3;;FAIL
-m shim6 --mcid 1 --mcid 2;;FAIL
-m shim6 --control --control;;FAIL
-m shim6 ! --data;;FAIL
-m shim6 --cid 1;;FAIL
:FORWARD,OUTPUT
-m shim6 --data --mcid 0x010203040506;=;OK
:PREROUTING
*mangle
-m shim6 --control;=;OK
