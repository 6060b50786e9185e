# Target shim6_data, OpenHIP's name of SHIM6, with the forms of its manual.
:INPUT
*mangle
-m shim6 --data --mcid 0x010203040506 -j shim6_data --cid 0x010203040506 --src_loc 2001:db8:1::b --dst_loc 2001:db8:1::a;-m shim6 --data --mcid 0x010203040506 -j shim6_data --cid 0x010203040506 --src-loc 2001:db8:1::b --dst-loc 2001:db8:1::a;OK
-j shim6_data;=;OK
:OUTPUT
*mangle
-s 2001:db8:1::a/128 -d 2001:db8:1::b/128 -j shim6_data --cid 0xa1a2a3a4a5a6 --src_loc 2001:db8:2::a --dst_loc 2001:db8:2::b;-s 2001:db8:1::a/128 -d 2001:db8:1::b/128 -j shim6_data --cid 0x21a2a3a4a5a6 --src-loc 2001:db8:2::a --dst-loc 2001:db8:2::b;OK
-j shim6_data --cid 0x010203040506 --src-loc 2001:db8:2::a --dst-loc 2001:db8:2::b;=;OK
-j shim6_data --cid 1;;FAIL
:FORWARD
*mangle
-j shim6_data;;FAIL
:OUTPUT
*filter
-j shim6_data;;FAIL
