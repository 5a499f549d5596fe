package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"strings"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// usersPerPool is how many users one control plane has for tests to take: the
// API server reads its users when it starts, so they are made in advance.
const usersPerPool = 512

// privileged is the group that may do everything.
const privileged = "system:masters"

// user is someone the API server knows by a token.
type user struct {
	Name  string `json:"name"`
	Token string `json:"token"`
	group string
}

// userPools is what tests read to take users from.
type userPools struct {
	// Admins may do everything.
	Admins []user `json:"admins"`
	// Users may do nothing until they are bound to a role.
	Users []user `json:"users"`
}

// componentUsers are the users the control plane itself needs. The names of
// the first two are Kubernetes' own; audit-policy.yaml knows all but admin.
var componentUsers = []string{"system:kube-controller-manager", "system:kube-scheduler", "kwok", "admin"}

// writeUsers makes all users and writes the API server's token file, the file
// with the pools, and the kubeconfigs of the component users.
func writeUsers(files files, server string) error {
	pools := userPools{
		Admins: makeUsers("admin", privileged),
		Users:  makeUsers("user", ""),
	}
	known := append(append([]user{}, pools.Admins...), pools.Users...)
	for _, name := range componentUsers {
		component := user{Name: name, Token: rand.Text(), group: privileged}
		known = append(known, component)
		if err := writeKubeconfig(files, server, component); err != nil {
			return err
		}
	}
	var tokens strings.Builder
	for _, user := range known {
		fmt.Fprintf(&tokens, "%s,%s,%s,%s\n", user.Token, user.Name, user.Name, user.group)
	}
	if err := files.write(tokensFile, []byte(tokens.String())); err != nil {
		return err
	}
	content, err := json.Marshal(pools)
	if err != nil {
		return err
	}
	return files.write(usersFile, content)
}

// makeUsers makes the users of a pool: prefix-000, prefix-001 and so on.
func makeUsers(prefix, group string) []user {
	users := make([]user, usersPerPool)
	for i := range users {
		users[i] = user{Name: fmt.Sprintf("%s-%03d", prefix, i), Token: rand.Text(), group: group}
	}
	return users
}

func writeKubeconfig(files files, server string, user user) error {
	config := clientcmdapi.NewConfig()
	config.Clusters["controlplane"] = &clientcmdapi.Cluster{Server: server, CertificateAuthority: files.path(caFile)}
	config.AuthInfos[user.Name] = &clientcmdapi.AuthInfo{Token: user.Token}
	config.Contexts["controlplane"] = &clientcmdapi.Context{Cluster: "controlplane", AuthInfo: user.Name}
	config.CurrentContext = "controlplane"
	return clientcmd.WriteToFile(*config, files.kubeconfig(user.Name))
}

// writeCertificates makes a certificate authority, the API server's
// certificate for 127.0.0.1, and the key that signs service-account tokens.
func writeCertificates(files files) error {
	ca := certificateTemplate("controlplane-ca", 1)
	ca.IsCA = true
	ca.BasicConstraintsValid = true
	ca.KeyUsage = x509.KeyUsageCertSign
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	if err := writeCertificate(files, caFile, ca, ca, caKey, caKey); err != nil {
		return err
	}

	serving := certificateTemplate("kube-apiserver", 2)
	serving.KeyUsage = x509.KeyUsageDigitalSignature
	serving.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	serving.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
	serving.DNSNames = []string{"localhost"}
	servingKey, err := writeKey(files, servingKeyFile)
	if err != nil {
		return err
	}
	if err := writeCertificate(files, servingCertFile, serving, ca, servingKey, caKey); err != nil {
		return err
	}

	_, err = writeKey(files, serviceAccountKeyFile)
	return err
}

func certificateTemplate(name string, serial int64) *x509.Certificate {
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: big.NewInt(serial),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.AddDate(1, 0, 0),
	}
}

// writeCertificate signs a certificate for key's owner with the issuer's key.
func writeCertificate(files files, name string, template, issuer *x509.Certificate, key, issuerKey *ecdsa.PrivateKey) error {
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, key.Public(), issuerKey)
	if err != nil {
		return err
	}
	return files.write(name, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

func writeKey(files files, name string) (*ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, err
	}
	return key, files.write(name, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}))
}
