// SPDX-License-Identifier: BSL-1.0
import java.io.ByteArrayInputStream;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.jscep.client.Client;
import org.jscep.client.EnrollmentResponse;
import org.jscep.client.verification.PreProvisionedCertificateVerifier;

/** URL FOLDER: enrols with key.der, self.der, request.der and ca.der of the folder and leaves cert.der there.
    Ends with 0 when issued, 2 when refused (failInfo on stdout), 1 when anything else happened. */
class Enrol {
    public static void main(String[] args) throws Exception {
        Path folder = Path.of(args[1]);
        X509Certificate self = certificate(folder.resolve("self.der"));
        var key = KeyFactory.getInstance("RSA")
                .generatePrivate(new PKCS8EncodedKeySpec(Files.readAllBytes(folder.resolve("key.der"))));
        var request = new PKCS10CertificationRequest(Files.readAllBytes(folder.resolve("request.der")));
        var trusted = new PreProvisionedCertificateVerifier(certificate(folder.resolve("ca.der")));
        EnrollmentResponse answer = new Client(new URL(args[0]), trusted).enrol(self, key, request);
        if (answer.isFailure()) {
            System.out.println(answer.getFailInfo());
            System.exit(2);
        }
        if (!answer.isSuccess()) {
            System.out.println("pending");
            System.exit(1);
        }
        for (Certificate found : answer.getCertStore().getCertificates(null)) {
            if (found.getPublicKey().equals(self.getPublicKey())) {
                Files.write(folder.resolve("cert.der"), found.getEncoded());
            }
        }
    }

    private static X509Certificate certificate(Path path) throws Exception {
        return (X509Certificate) CertificateFactory.getInstance("X.509")
                .generateCertificate(new ByteArrayInputStream(Files.readAllBytes(path)));
    }
}
