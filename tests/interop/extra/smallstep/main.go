// SPDX-License-Identifier: BSL-1.0

// URL FOLDER: enrols with key.der, self.der and request.der of the folder and leaves cert.der there.
// Ends with 0 when issued, 2 when refused (failInfo on stdout), 1 when anything else happened.
package main

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"

	"github.com/smallstep/pkcs7"
	"github.com/smallstep/scep"
)

func main() {
	code, err := enrol(os.Args[1], os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

func enrol(url, folder string) (int, error) {
	keyBytes, err := os.ReadFile(filepath.Join(folder, "key.der"))
	if err != nil {
		return 1, err
	}
	key, err := x509.ParsePKCS8PrivateKey(keyBytes)
	if err != nil {
		return 1, err
	}
	selfBytes, err := os.ReadFile(filepath.Join(folder, "self.der"))
	if err != nil {
		return 1, err
	}
	self, err := x509.ParseCertificate(selfBytes)
	if err != nil {
		return 1, err
	}
	requestBytes, err := os.ReadFile(filepath.Join(folder, "request.der"))
	if err != nil {
		return 1, err
	}
	request, err := x509.ParseCertificateRequest(requestBytes)
	if err != nil {
		return 1, err
	}
	authorities, err := certificates(url)
	if err != nil {
		return 1, err
	}

	// Its defaults are DES and SHA-1.
	if err := pkcs7.SetDefaultDigestAlgorithm(pkcs7.OIDDigestAlgorithmSHA256); err != nil {
		return 1, err
	}
	pkcs7.ContentEncryptionAlgorithm = pkcs7.EncryptionAlgorithmAES128CBC
	template := &scep.PKIMessage{
		MessageType: scep.PKCSReq,
		Recipients:  authorities,
		SignerCert:  self,
		SignerKey:   key,
	}
	message, err := scep.NewCSRRequest(request, template, scep.WithCertsSelector(scep.EnciphermentCertsSelector()))
	if err != nil {
		return 1, err
	}
	got, err := http.Post(url+"?operation=PKIOperation", "application/x-pki-message", bytes.NewReader(message.Raw))
	if err != nil {
		return 1, err
	}
	reply, err := read(got)
	if err != nil {
		return 1, err
	}
	answer, err := scep.ParsePKIMessage(reply, scep.WithCACerts(authorities))
	if err != nil {
		return 1, err
	}
	if answer.PKIStatus == scep.FAILURE {
		fmt.Println(answer.FailInfo)
		return 2, nil
	}
	if err := answer.DecryptPKIEnvelope(self, key); err != nil {
		return 1, err
	}
	return 0, os.WriteFile(filepath.Join(folder, "cert.der"), answer.CertRepMessage.Certificate.Raw, 0o644)
}

func certificates(url string) ([]*x509.Certificate, error) {
	got, err := http.Get(url + "?operation=GetCACert")
	if err != nil {
		return nil, err
	}
	body, err := read(got)
	if err != nil {
		return nil, err
	}
	if got.Header.Get("Content-Type") == "application/x-x509-ca-ra-cert" {
		return scep.CACerts(body)
	}
	return x509.ParseCertificates(body)
}

func read(got *http.Response) ([]byte, error) {
	defer got.Body.Close()
	body, err := io.ReadAll(got.Body)
	if err == nil && got.StatusCode != http.StatusOK {
		err = fmt.Errorf("HTTP %d", got.StatusCode)
	}
	return body, err
}
