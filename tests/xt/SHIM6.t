# Target SHIM6.
:OUTPUT
*mangle
-j SHIM6;=;OK
-j SHIM6 --fii 7;=;OK
-j SHIM6 --fii 0xffffffff;-j SHIM6 --fii 4294967295;OK
-j SHIM6 --cid 0x010203040506 --src-loc 2001:db8:2::a --dst-loc 2001:db8:2::b;=;OK
-j SHIM6 --cid 0x010203040506 --src_loc 2001:db8:2::a --dst_loc 2001:db8:2::b;-j SHIM6 --cid 0x010203040506 --src-loc 2001:db8:2::a --dst-loc 2001:db8:2::b;OK
-j SHIM6 --dst-loc 2001:db8:2::b --cid 5 --src-loc 2001:0db8:0002::000a;-j SHIM6 --cid 0x000000000005 --src-loc 2001:db8:2::a --dst-loc 2001:db8:2::b;OK
-s 2001:db8:1::a/128 -d 2001:db8:1::b/128 -p tcp -m tcp --dport 22 -j SHIM6;=;OK
-j SHIM6 --cid 0x010203040506;;FAIL
-j SHIM6 --src-loc 2001:db8:2::a --dst-loc 2001:db8:2::b;;FAIL
-j SHIM6 --cid 1 --src-loc 2001:db8:2::a;;FAIL
-j SHIM6 --cid 1 --src-loc 2001:db8:2::a --dst-loc 2001:db8:2::b --fii 1;;FAIL
-j SHIM6 --fii;;FAIL
-j SHIM6 --fii 4294967296;;FAIL
-j SHIM6 --fii 1 --fii 2;;FAIL
-j SHIM6 --cid 0x1000000000000 --src-loc 2001:db8:2::a --dst-loc 2001:db8:2::b;;FAIL
-j SHIM6 --cid 1 --src-loc 192.0.2.1 --dst-loc 2001:db8:2::b;;FAIL
-j SHIM6 --cid 1 --src-loc fe80::1 --dst-loc 2001:db8:2::b;;FAIL
-j SHIM6 --cid 1 --src-loc 2001:db8:2::a --dst-loc ff02::1;;FAIL
-j SHIM6 --cid 1 --src-loc :: --dst-loc 2001:db8:2::b;;FAIL
-j SHIM6 --cid 1 --src-loc ::1 --dst-loc 2001:db8:2::b;;FAIL
-j SHIM6 --data;;FAIL
:INPUT
*mangle
-j SHIM6;=;OK
-m shim6 --data -j SHIM6;=;OK
-m shim6 --data --mcid 0x010203040506 -j SHIM6 --cid 0x010203040506 --src-loc 2001:db8:1::b --dst-loc 2001:db8:1::a;=;OK
-j SHIM6 --fii 7;;FAIL
# Only packets of this host, only in table mangle.
:FORWARD,PREROUTING,POSTROUTING
*mangle
-j SHIM6;;FAIL
-j SHIM6 --cid 1 --src-loc 2001:db8:2::a --dst-loc 2001:db8:2::b;;FAIL
:OUTPUT,INPUT
*filter
-j SHIM6;;FAIL
:OUTPUT
*raw
-j SHIM6;;FAIL
:OUTPUT,INPUT
*nat
-j SHIM6;;FAIL
