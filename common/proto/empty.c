typedef int proto_empty;
